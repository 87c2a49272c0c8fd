import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./charts.module.css";
import { Stroke } from "./stroke.tsx";

export interface LegendItem {
  readonly id: string;
  readonly name: string;
  readonly color: string;
  readonly dash?: readonly number[] | undefined;
}

const SHOWN = 16;

/** Which line is whose. */
export function Legend({ items, label }: { readonly items: readonly LegendItem[]; readonly label?: string }) {
  const text = useText();
  const [all, setAll] = useState(false);
  return (
    <ul className={classes.legend} aria-label={label ?? text.charts.legend}>
      {label === undefined ? null : (
        <li>
          <b>{label}</b>
        </li>
      )}
      {items.slice(0, all ? items.length : SHOWN).map(({ id, name, color, dash }) => (
        <li key={id}>
          <Stroke color={color} dash={dash} />
          <bdi title={name}>{name}</bdi>
        </li>
      ))}
      {items.length > SHOWN && !all ? (
        <li>
          <button type="button" className={classes.link} onClick={() => setAll(true)}>
            {text.charts.andMore(items.length - SHOWN)}
          </button>
        </li>
      ) : null}
    </ul>
  );
}
