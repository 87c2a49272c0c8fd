import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { WarnIcon } from "../shell/icons.tsx";
import { Dim, Mono } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { ChainMark } from "./chain-mark.tsx";
import { historyQuery } from "./life-queries.ts";
import classes from "./timeline.module.css";
import {
  byDay,
  changesOf,
  FILTERS,
  filtered,
  isUnderBrokenGlass,
  type TimelineFilter,
  toneOf,
} from "./timeline-story.ts";

/** Entries drawn at once; a flow writes many. */
const PAGE = 100;

interface TimelineProps {
  readonly name: string;
  readonly filter: TimelineFilter;
  onFilter(filter: TimelineFilter): void;
}

/** Who did what to a model, when and why; newest first. */
export function Timeline({ name, filter, onFilter }: TimelineProps) {
  const query = useQuery(historyQuery(name));
  return (
    <Answer query={query}>
      {(entries) => <Loaded key={filter} entries={entries} filter={filter} onFilter={onFilter} />}
    </Answer>
  );
}

function Loaded({ entries, filter, onFilter }: Omit<TimelineProps, "name"> & { entries: readonly TimelineEntry[] }) {
  const text = useText();
  const format = useFormat();
  const [most, setMost] = useState(PAGE);
  if (entries.length === 0) return <Empty>{text.timeline.empty}</Empty>;
  const found = [...filtered(entries, filter)].reverse();
  const shown = found.slice(0, most);
  return (
    <>
      <div className={classes.bar}>
        <div className={classes.filters}>
          <SegmentedControl
            aria-label={text.timeline.filterLabel}
            value={filter}
            onChange={(value) => onFilter(FILTERS.find((one) => one === value) ?? "all")}
            data={FILTERS.map((value) => ({ value, label: text.timeline.filters[value] }))}
          />
        </div>
        <ChainMark entries={entries} />
      </div>
      {found.length === 0 ? <Empty>{text.timeline.nothingOfKind}</Empty> : null}
      {byDay(shown, format.day).map(([day, list]) => (
        <section key={day} className={classes.day}>
          <h2>{day}</h2>
          <ol className={classes.entries}>
            {list.map((entry) => (
              <Line key={entry.sequence} entry={entry} />
            ))}
          </ol>
        </section>
      ))}
      {found.length > shown.length ? (
        <div className={classes.bar}>
          <Button variant="default" onClick={() => setMost(most + PAGE)}>
            {text.timeline.more}
          </Button>
          <Dim>{text.timeline.shownOf(shown.length, found.length)}</Dim>
        </div>
      ) : null}
    </>
  );
}

function Line({ entry }: { entry: TimelineEntry }) {
  const text = useText();
  const format = useFormat();
  const { action, subject, actor, reason, evidence } = entry;
  const tone = toneOf(entry);
  return (
    <li className={classes.entry} data-tone={tone}>
      <time dateTime={new Date(entry.at).toISOString()}>{format.time(entry.at)}</time>
      <span className={classes.dot} aria-hidden="true" />
      <div className={classes.story}>
        <p>
          {tone === "alarm" ? <WarnIcon size={14} /> : null}{" "}
          <strong>
            {text.timeline.actions[action]}
            {isUnderBrokenGlass(entry) ? ` ${text.timeline.underGlass}` : ""}
          </strong>
          {subject.version === undefined ? null : (
            <>
              {" · "}
              <Link
                to="/models/$name/versions/$version"
                params={{ name: subject.model, version: String(subject.version) }}
              >
                {text.models.versionName(String(subject.version))}
              </Link>
            </>
          )}
          {subject.alias === undefined ? "" : ` · @${subject.alias}`}
          {subject.tag === undefined ? "" : ` · ${subject.tag}`}
        </p>
        {changesOf(entry).map(({ what, from, to }) => (
          <p key={what} className={classes.change}>
            <Dim>{what}</Dim> {from === undefined ? null : <del>{from}</del>}{" "}
            {to === undefined ? null : <ins>{to}</ins>}
          </p>
        ))}
        {reason === undefined || reason === "" ? null : <p className={classes.reason}>{reason}</p>}
        <p className={classes.who}>
          {text.timeline.by} <strong>{actor.name}</strong> {text.timeline.origins[actor.origin]}
          {actor.issuer === undefined ? "" : ` (${actor.issuer})`}
          {evidence === undefined ? null : (
            <>
              {" · "}
              {text.timeline.evidence} <Mono>{evidence.slice(0, 19)}</Mono>
            </>
          )}
          {" · "}
          <span title={entry.previous}>{text.timeline.entry(entry.sequence)}</span>
        </p>
      </div>
    </li>
  );
}
