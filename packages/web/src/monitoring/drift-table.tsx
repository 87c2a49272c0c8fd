import { Badge, Button } from "@mantine/core";
import { useState } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import type { Drift } from "./monitor-report.ts";
import classes from "./monitoring.module.css";

/** Features that are shown at first: those whose drift matters most to the model. */
const FIRST = 10;
const COLORS = { stable: "gray", watch: "yellow", act: "red" } as const;

/** Drift by feature, in the report's order: by what it means to the model. */
export function DriftTable({ rows }: { rows: readonly Drift[] }) {
  const text = useText();
  const format = useFormat();
  const [isWhole, setWhole] = useState(false);
  const words = text.monitoring;
  const figure = (value: number | null) => (value === null ? <Dim>–</Dim> : format.metric(value));
  const share = (value: number | null) => (value === null ? <Dim>–</Dim> : format.percent(value));
  return (
    <>
      <SmallTable
        head={[
          { title: words.feature },
          { title: words.state },
          { title: words.distribution },
          { title: words.psi, kind: "number" },
          { title: words.missing, kind: "number" },
          { title: words.importance, kind: "number" },
        ]}
        rows={rows.slice(0, isWhole ? rows.length : FIRST).map((row) => ({
          key: row.feature,
          cells: [
            row.feature,
            <Badge key="level" color={COLORS[row.level]}>
              {words.driftLevels[row.level]}
            </Badge>,
            <Shape key="shape" row={row} />,
            figure(row.psi),
            share(row.missingCurrent),
            share(row.importance),
          ],
        }))}
      />
      {rows.length > FIRST && !isWhole ? (
        <Button mt={8} variant="default" onClick={() => setWhole(true)}>
          {words.allFeatures(rows.length)}
        </Button>
      ) : null}
    </>
  );
}

/** Shares by bin: the reference as a ground, the window as a line over each bin. */
function Shape({ row: { histogram } }: { row: Drift }) {
  const { reference, current } = histogram;
  const most = Math.max(1e-12, ...reference.map(known), ...current.map(known));
  const bins = reference.map((share, bin) => ({ bin, before: known(share) / most, now: known(current[bin]) / most }));
  return (
    <span className={classes.shape} aria-hidden="true">
      {bins.map(({ bin, before, now }) => (
        <span key={bin}>
          <i data-kind="before" style={{ height: `${before * 100}%` }} />
          <i data-kind="now" style={{ bottom: `${now * 100}%` }} />
        </span>
      ))}
    </span>
  );
}

const known = (share: number | null | undefined): number => share ?? 0;
