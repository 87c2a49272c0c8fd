import type { Run } from "@esteira/core/entities/run";
import { Button, Checkbox, Popover } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { ColumnsIcon } from "../shell/icons.tsx";
import { SearchInput } from "../shell/search-input.tsx";
import { Empty } from "../shell/states.tsx";
import classes from "./charts.module.css";
import { choicesOf, dimensionOf } from "./dimensions.ts";
import { ImportanceView } from "./importance-view.tsx";
import { KeySelect } from "./key-select.tsx";
import { Parallel } from "./parallel.tsx";
import { PointPlot } from "./point-plot.tsx";
import type { ChartView, ViewSearch } from "./search.ts";

interface DimensionViewsProps {
  readonly view: Exclude<ChartView, "lines" | "curves">;
  readonly runs: readonly Run[];
  readonly search: ViewSearch;
  onChange(change: Partial<ViewSearch>): void;
}

/** Params that the parallel coordinates begin with; and the most that a forest weighs. */
const FIRST_PARAMS = 5;
const WEIGHED = 60;
/** Names that the picker of axes lists at once. */
const LISTED = 60;
const NO_BRUSHES = {};

/** What runs are made of beside what came out of them. */
export function DimensionViews({ view, runs, search, onChange }: DimensionViewsProps) {
  const text = useText();
  const { metrics, params } = useMemo(() => choicesOf(runs), [runs]);
  const all = useMemo(() => [...metrics, ...params, "duration", "user"], [metrics, params]);
  const label = useCallback(
    (id: string) =>
      id === "user" ? text.runs.user : id === "duration" ? text.charts.durationSeconds : id.slice(id.indexOf(".") + 1),
    [text],
  );
  const choices = useMemo(() => all.map((value) => ({ value, label: label(value) })), [all, label]);
  const target = search.target ?? metrics[0] ?? "duration";
  const across =
    search.across ?? params.find((id) => dimensionOf(runs, id).kind === "number") ?? params[0] ?? "duration";
  const up = search.up ?? (view === "contour" ? (params.filter((id) => id !== across)[0] ?? target) : target);
  const color = search.color ?? (view === "contour" ? target : undefined);
  const axes = search.axes ?? [...params.slice(0, FIRST_PARAMS), target];
  const of = (id: string) => dimensionOf(runs, id, label(id));
  const select = (key: "target" | "across" | "up" | "color", title: string, value: string) => (
    <KeySelect
      label={title}
      value={value}
      choices={
        key === "color" && view !== "contour" ? [{ value: "", label: text.charts.noColor }, ...choices] : choices
      }
      onChange={(next) => onChange({ [key]: next || undefined })}
    />
  );
  if (runs.length === 0) return <Empty>{text.charts.noRuns}</Empty>;
  if (view === "importance") {
    return (
      <>
        <div className={classes.controls}>
          <KeySelect
            label={text.charts.target}
            value={target}
            choices={choices.filter(({ value }) => value.startsWith("metrics.") || value === "duration")}
            onChange={(next) => onChange({ target: next })}
          />
        </div>
        <Weighed runs={runs} target={target} params={params} label={label} />
      </>
    );
  }
  if (view === "parallel") {
    return (
      <>
        <div className={classes.controls}>
          <AxesPicker all={choices} chosen={axes} onChange={(next) => onChange({ axes: [...next] })} />
          {select("target", text.charts.colorBy, target)}
        </div>
        <Parallel
          runs={runs}
          dimensions={axes.filter((id) => all.includes(id)).map(of)}
          color={of(target)}
          brushes={search.brushes ?? NO_BRUSHES}
          onBrushes={(brushes) => onChange({ brushes })}
        />
      </>
    );
  }
  const isContour = view === "contour";
  const colored = color === undefined ? undefined : of(color);
  return (
    <>
      <div className={classes.controls}>
        {select("across", text.charts.across, across)}
        {select("up", text.charts.up, up)}
        {select("color", isContour ? text.charts.height : text.charts.colorBy, color ?? "")}
      </div>
      {isContour && colored?.kind === "category" ? (
        <Empty>{text.charts.notHeight}</Empty>
      ) : (
        <PointPlot runs={runs} across={of(across)} up={of(up)} color={colored} surface={isContour} />
      )}
      {isContour ? <p className={classes.method}>{text.charts.surfaceMethod}</p> : null}
    </>
  );
}

function Weighed(props: {
  readonly runs: readonly Run[];
  readonly target: string;
  readonly params: readonly string[];
  label(id: string): string;
}) {
  const { runs, target, params, label } = props;
  const dimensions = useMemo(() => params.slice(0, WEIGHED).map((id) => dimensionOf(runs, id)), [runs, params]);
  return <ImportanceView target={dimensionOf(runs, target, label(target))} params={dimensions} />;
}

function AxesPicker(props: {
  readonly all: readonly { readonly value: string; readonly label: string }[];
  readonly chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) {
  const { all, chosen, onChange } = props;
  const text = useText();
  const [wanted, setWanted] = useState("");
  const found = all.filter(({ label }) => label.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <Popover position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<ColumnsIcon size={14} />}>
          {text.charts.axes(chosen.length)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)">
        <SearchInput label={text.charts.axesSearch} value={wanted} onChange={setWanted} />
        <div className={classes.picker}>
          {found.slice(0, LISTED).map(({ value, label }) => (
            <Checkbox
              key={value}
              label={<bdi>{label}</bdi>}
              checked={chosen.includes(value)}
              onChange={() =>
                onChange(chosen.includes(value) ? chosen.filter((id) => id !== value) : [...chosen, value])
              }
            />
          ))}
          {found.length > LISTED ? <span>{text.charts.andMore(found.length - LISTED)}</span> : null}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
