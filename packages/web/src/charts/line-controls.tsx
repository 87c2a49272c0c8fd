import { Slider, Switch } from "@mantine/core";
import { useId, useMemo } from "react";
import { useText } from "../i18n/use-text.tsx";
import { axisText, parseAxis } from "./axis.ts";
import classes from "./charts.module.css";
import { BANDS, type Band } from "./groups.ts";
import { KeySelect } from "./key-select.tsx";
import type { ChartSearch } from "./search.ts";

interface LineControlsProps {
  readonly metrics: readonly string[];
  /** What runs can be grouped by; none where there is only one run. */
  readonly groupings: readonly string[];
  readonly search: ChartSearch;
  onChange(change: Partial<ChartSearch>): void;
}

/** How all curves of a page are drawn. */
export function LineControls({ metrics, groupings, search, onChange }: LineControlsProps) {
  const text = useText();
  const smoothing = useId();
  const axes = useMemo(
    () => [
      { value: "step", label: text.run.step },
      { value: "relative", label: text.charts.relative },
      { value: "time", label: text.charts.time },
      ...metrics.map((key) => ({ value: `metrics.${key}`, label: key })),
    ],
    [metrics, text],
  );
  const groups = useMemo(
    () => [
      { value: "", label: text.charts.noGroup },
      ...groupings.map((value) => ({ value, label: groupLabel(value, text.runs.user) })),
    ],
    [groupings, text],
  );
  const bands = BANDS.map((value) => ({ value, label: text.charts.bands[value] }));
  const flag = (key: "log" | "logX" | "clip", label: string, title?: string) => (
    <Switch
      label={label}
      title={title}
      checked={search[key] === true}
      onChange={(event) => onChange({ [key]: event.currentTarget.checked || undefined })}
    />
  );
  return (
    <>
      <KeySelect
        label={text.charts.xAxis}
        value={axisText(parseAxis(search.x)) ?? "step"}
        choices={axes}
        onChange={(x) => onChange({ x: x === "step" ? undefined : x, from: undefined, to: undefined })}
      />
      {groupings.length > 0 ? (
        <KeySelect
          label={text.charts.groupBy}
          value={search.group ?? ""}
          choices={groups}
          onChange={(group) => onChange({ group: group || undefined })}
        />
      ) : null}
      {groupings.length > 0 && search.group !== undefined ? (
        <KeySelect
          label={text.charts.band}
          value={search.band ?? "range"}
          choices={bands}
          onChange={(band) =>
            onChange({ band: BANDS.find((known): known is Band => known === band && band !== "range") })
          }
        />
      ) : null}
      <div className={classes.smoothing}>
        <span id={smoothing}>{text.charts.smoothing}</span>
        <Slider
          key={search.smoothing ?? 0}
          size="xs"
          min={0}
          max={0.99}
          step={0.01}
          label={(value) => value.toFixed(2)}
          defaultValue={search.smoothing ?? 0}
          onChangeEnd={(value) => onChange({ smoothing: value || undefined })}
          thumbProps={{ "aria-labelledby": smoothing }}
        />
      </div>
      <div className={classes.switches}>
        {flag("log", text.charts.logScale)}
        {flag("logX", text.charts.logX)}
        {flag("clip", text.charts.clip, text.charts.clipHint)}
      </div>
    </>
  );
}

/** A param's or tag's name by itself, the user in the reader's language. */
export const groupLabel = (grouping: string, user: string): string =>
  grouping === "user" ? user : grouping.slice(grouping.indexOf(".") + 1);
