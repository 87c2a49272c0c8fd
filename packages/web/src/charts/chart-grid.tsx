import { Button, Slider, Switch } from "@mantine/core";
import { useId, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { Empty } from "../shell/states.tsx";
import classes from "./charts.module.css";
import { type ChartedRun, MetricPanel } from "./metric-panel.tsx";
import type { ChartSearch } from "./search.ts";

const SHOWN = 24;
const FEW = 6;

interface ChartGridProps {
  readonly metrics: readonly string[];
  readonly runs: readonly ChartedRun[];
  readonly search: ChartSearch;
  onChange(change: Partial<ChartSearch>): void;
  readonly empty: string;
}

/** A chart a metric, with one scale and one smoothing for all. */
export function ChartGrid({ metrics, runs, search, onChange, empty }: ChartGridProps) {
  const text = useText();
  const group = useId();
  const [wanted, setWanted] = useState("");
  const [shown, setShown] = useState(SHOWN);
  if (metrics.length === 0) return <Empty>{empty}</Empty>;
  const found = metrics.filter((metric) => metric.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <div>
      <div className={classes.controls}>
        {metrics.length > FEW ? (
          <SearchInput label={text.charts.searchLabel} value={wanted} onChange={setWanted} />
        ) : null}
        <Switch
          label={text.charts.logScale}
          checked={search.log === true}
          onChange={(event) => onChange({ log: event.currentTarget.checked || undefined })}
        />
        <div className={classes.smoothing}>
          <span id={`${group}-smoothing`}>{text.charts.smoothing}</span>
          <Slider
            size="xs"
            min={0}
            max={0.99}
            step={0.01}
            label={(value) => value.toFixed(2)}
            defaultValue={search.smoothing ?? 0}
            onChangeEnd={(smoothing) => onChange({ smoothing: smoothing || undefined })}
            thumbProps={{ "aria-labelledby": `${group}-smoothing` }}
          />
        </div>
        <span className={classes.hint}>{text.charts.zoomHint}</span>
      </div>
      {found.length === 0 ? <Empty>{text.run.noMatch}</Empty> : null}
      <div className={classes.grid}>
        {found.slice(0, shown).map((metric) => (
          <MetricPanel
            key={metric}
            metric={metric}
            runs={runs}
            log={search.log === true}
            smoothing={search.smoothing ?? 0}
            group={group}
          />
        ))}
      </div>
      {found.length > shown ? (
        <Button className={classes.more ?? ""} variant="default" onClick={() => setShown(shown + SHOWN)}>
          {text.charts.showMore(Math.min(SHOWN, found.length - shown))}
        </Button>
      ) : null}
    </div>
  );
}
