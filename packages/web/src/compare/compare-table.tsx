import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { focusScroll } from "../shell/focus-scroll.ts";
import { Dim } from "../shell/page.tsx";
import table from "../shell/table.module.css";
import classes from "./compare.module.css";
import { deltaOf } from "./delta.ts";
import type { ComparedLine } from "./differences.ts";
import type { ComparedRun } from "./run-chips.tsx";

/** Lines drawn at first, and at each press of the button. */
const SHOWN = 300;
/** Pixels that a run's column has at least: more runs than fit are scrolled to. */
const COLUMN = 140;
const KEYS = 190;

interface CompareTableProps<T> {
  readonly heads: readonly ComparedRun[];
  readonly lines: readonly ComparedLine<T>[];
  show(value: T): ReactNode;
  readonly onlyDifferences: boolean;
  readonly numeric?: boolean;
  /** The place of the run that the others are measured against; its values are numbers where there is one. */
  readonly baseline?: number | undefined;
}

/** A line a key, a column a run; lines on which the runs differ are marked, but not numbers, which nearly always differ. */
export function CompareTable<T>(props: CompareTableProps<T>) {
  const { heads, lines, show, onlyDifferences, numeric = false, baseline } = props;
  const text = useText();
  const [shown, setShown] = useState(SHOWN);
  if (lines.length === 0) return <Dim>{text.compare.nothing}</Dim>;
  const found = onlyDifferences ? lines.filter(({ differs }) => differs) : lines;
  if (found.length === 0) return <Dim>{text.compare.noDifferences}</Dim>;
  return (
    <>
      <div className={`${table.frame} ${classes.frame}`} ref={focusScroll}>
        <table
          className={`${table.table} ${classes.table}`}
          style={{ minWidth: `max(100%, ${KEYS + heads.length * COLUMN}px)` }}
        >
          <thead>
            <tr>
              <td className={`${classes.key} ${classes.corner}`} />
              {heads.map((head, at) => (
                <th key={head.id} scope="col" className={numeric ? table.number : undefined} title={head.name}>
                  <span className={classes.swatch} style={{ background: head.color }} /> <bdi>{head.name}</bdi>
                  {at === baseline ? <span className={classes.base}> {text.compare.baselineMark}</span> : null}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.slice(0, shown).map((line) => (
              <tr key={line.key}>
                <th
                  scope="row"
                  className={classes.key}
                  title={line.key}
                  // Where the walk from difference to difference stops.
                  {...(line.differs ? { "data-difference": true, tabIndex: -1 } : {})}
                >
                  <bdi>{line.key}</bdi>
                </th>
                {heads.map((head, at) => {
                  const value = line.values[at];
                  const differs = line.differs && !numeric;
                  return (
                    <td key={head.id} className={[numeric ? table.number : "", differs ? table.differs : ""].join(" ")}>
                      {value === undefined ? <Dim>–</Dim> : show(value)}
                      {baseline === undefined || at === baseline ? null : (
                        <DeltaText value={value} base={line.values[baseline]} />
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > shown ? (
        <Button mt={8} variant="default" onClick={() => setShown(shown + SHOWN)}>
          {text.compare.showMore(Math.min(SHOWN, found.length - shown))}
        </Button>
      ) : null}
    </>
  );
}

function DeltaText({ value, base }: { readonly value: unknown; readonly base: unknown }) {
  const format = useFormat();
  const delta = typeof value === "number" && typeof base === "number" ? deltaOf(value, base) : undefined;
  if (delta === undefined) return null;
  const signed = (of: number, text: string) => (of > 0 ? `+${text}` : of < 0 ? `−${text}` : "=");
  const size = (of: number) => format.metric(Math.abs(of));
  const share =
    delta.share === undefined || delta.difference === 0
      ? ""
      : ` (${signed(delta.share, `${format.metric(Number(Math.abs(delta.share * 100).toPrecision(3)))} %`)})`;
  return <span className={classes.delta}>{`${signed(delta.difference, size(delta.difference))}${share}`}</span>;
}
