import { ActionIcon } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { TableIcon } from "./chart-icons.tsx";
import classes from "./charts.module.css";
import { type SaveKind, SaveMenu } from "./panel-tools.tsx";

/** A figure's name, and what can be done with it. */
export function FigureHead(props: {
  readonly name: string;
  readonly showsTable: boolean;
  onTable(): void;
  onSave(kind: SaveKind): void;
}) {
  const text = useText();
  const label = text.charts.tableOf(props.name);
  return (
    <figcaption className={classes.caption}>
      <strong dir="auto" title={props.name}>
        {props.name}
      </strong>
      <span className={classes.place} />
      <span className={classes.tools}>
        <ActionIcon size={26} aria-label={label} title={label} aria-pressed={props.showsTable} onClick={props.onTable}>
          <TableIcon />
        </ActionIcon>
        <SaveMenu name={props.name} onSave={props.onSave} />
      </span>
    </figcaption>
  );
}
