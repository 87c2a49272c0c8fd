import { ActionIcon, Menu } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { BackIcon, CloseIcon, FullIcon, MinusIcon, MoreIcon, OnIcon, PlusIcon, TableIcon } from "./chart-icons.tsx";
import classes from "./charts.module.css";
import { moved, type Range } from "./scale.ts";

export const SAVE_KINDS = ["png", "svg", "csv"] as const;
export type SaveKind = (typeof SAVE_KINDS)[number];

interface PanelToolsProps {
  readonly name: string;
  readonly isFull: boolean;
  readonly canZoom: boolean;
  readonly range: Range | undefined;
  readonly log: boolean;
  onRange(range: Range): void;
  readonly showsTable: boolean;
  onTable(): void;
  onFull(): void;
  readonly onSave?: (kind: SaveKind) => void;
}

/** What can be done with a chart: seen alone, as a table, saved; by fingers, moved and zoomed. */
export function PanelTools(props: PanelToolsProps) {
  const { name, isFull, canZoom, range, log, onRange, showsTable, onTable, onFull, onSave } = props;
  const text = useText();
  const move = (by: number, zoom: number) => () => range && onRange(moved(range, by, zoom, 0.5, log));
  return (
    <span className={classes.tools}>
      {canZoom ? (
        <>
          <Tool label={text.charts.moveBack} onClick={move(-0.25, 1)} icon={<BackIcon />} />
          <Tool label={text.charts.moveOn} onClick={move(0.25, 1)} icon={<OnIcon />} />
          <Tool label={text.charts.zoomIn} onClick={move(0, 0.6)} icon={<PlusIcon />} />
          <Tool label={text.charts.zoomOut} onClick={move(0, 1 / 0.6)} icon={<MinusIcon />} />
        </>
      ) : null}
      <Tool label={text.charts.tableOf(name)} onClick={onTable} icon={<TableIcon />} pressed={showsTable} />
      {onSave === undefined ? null : <SaveMenu name={name} onSave={onSave} />}
      <Tool
        label={isFull ? text.common.close : text.charts.fullOf(name)}
        onClick={onFull}
        icon={isFull ? <CloseIcon /> : <FullIcon />}
      />
    </span>
  );
}

export function SaveMenu({ name, onSave }: { readonly name: string; onSave(kind: SaveKind): void }) {
  const text = useText();
  return (
    // Inside of a full screen everything beside it is out of reach: the menu stays where its button is.
    <Menu position="bottom-end" shadow="md" withinPortal={false}>
      <Menu.Target>
        <ActionIcon size={26} aria-label={text.charts.saveOf(name)} title={text.charts.saveOf(name)}>
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SAVE_KINDS.map((kind) => (
          <Menu.Item key={kind} onClick={() => onSave(kind)}>
            {text.charts.save[kind]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Tool(props: { label: string; onClick(): void; icon: React.ReactNode; pressed?: boolean }) {
  return (
    <ActionIcon
      size={26}
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
      {...(props.pressed === undefined ? {} : { "aria-pressed": props.pressed })}
    >
      {props.icon}
    </ActionIcon>
  );
}
