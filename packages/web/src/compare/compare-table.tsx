import type { ReactNode } from "react";
import { useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import table from "../shell/table.module.css";
import classes from "./compare.module.css";
import type { ComparedLine } from "./differences.ts";
import type { ComparedRun } from "./run-chips.tsx";

/** Lines drawn at once. */
const SHOWN = 500;

interface CompareTableProps<T> {
  readonly heads: readonly ComparedRun[];
  readonly lines: readonly ComparedLine<T>[];
  show(value: T): ReactNode;
  readonly onlyDifferences: boolean;
  readonly numeric?: boolean;
}

/** A line a key, a column a run; lines on which the runs differ are marked, but not numbers, which nearly always differ. */
export function CompareTable<T>({ heads, lines, show, onlyDifferences, numeric = false }: CompareTableProps<T>) {
  const text = useText();
  if (lines.length === 0) return <Dim>{text.compare.nothing}</Dim>;
  const found = onlyDifferences ? lines.filter(({ differs }) => differs) : lines;
  if (found.length === 0) return <Dim>{text.compare.noDifferences}</Dim>;
  return (
    <>
      <div className={table.frame}>
        <table className={`${table.table} ${classes.table}`}>
          <thead>
            <tr>
              <td className={`${classes.key} ${classes.corner}`} />
              {heads.map((head) => (
                <th key={head.id} scope="col" className={numeric ? table.number : undefined}>
                  <span className={classes.swatch} style={{ background: head.color }} /> {head.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.slice(0, SHOWN).map((line) => (
              <tr key={line.key}>
                <th scope="row" className={classes.key}>
                  {line.key}
                </th>
                {heads.map((head, at) => {
                  const value = line.values[at];
                  return (
                    <td
                      key={head.id}
                      className={[numeric ? table.number : "", line.differs && !numeric ? table.differs : ""].join(" ")}
                    >
                      {value === undefined ? <Dim>–</Dim> : show(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > SHOWN ? <Dim>{text.common.moreNotShown(found.length - SHOWN)}</Dim> : null}
    </>
  );
}
