import { STAGES } from "@esteira/core/entities/registered-model";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { focusScroll } from "../shell/focus-scroll.ts";
import { Dim } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { historyQuery } from "./life-queries.ts";
import classes from "./reigns.module.css";
import { lanesOf, type Place, placesOf, type Reign, type Row, reignsOf } from "./reigns.ts";

/** What a bar takes at the least, so that a finger can hit it. */
const LEAST_PIXELS = 26;
/** Of the names beside the tracks. */
const BESIDE_PIXELS = 128;
const FEWEST = 12;

/** Who had which alias or stage when: a line a target, a bar a version's time. */
export function Reigns({ name }: { name: string }) {
  const text = useText();
  const query = useQuery(historyQuery(name));
  return (
    <Answer query={query}>
      {(entries) => {
        const rows = reignsOf(entries);
        return rows.length === 0 ? (
          <Dim>{text.timeline.noReigns}</Dim>
        ) : (
          <Picture name={name} rows={rows} start={entries[0]?.at ?? 0} />
        );
      }}
    </Answer>
  );
}

function Picture({ name, rows, start }: { name: string; rows: readonly Row[]; start: number }) {
  const text = useText();
  const format = useFormat();
  const end = Date.now();
  const most = Math.max(FEWEST, ...rows.map(({ reigns }) => reigns.length));
  return (
    <div className={classes.frame} ref={focusScroll}>
      <div style={{ minWidth: most * LEAST_PIXELS + BESIDE_PIXELS }}>
        {rows.map((row) => (
          <div key={`${row.kind} ${row.target}`} className={classes.row}>
            <span className={classes.target}>{targetName(row)}</span>
            <div>
              {lanesOf(row.reigns).map((lane) => (
                <Lane key={`${lane[0]?.version} ${lane[0]?.from}`} {...{ name, lane, start, end, most }} />
              ))}
            </div>
          </div>
        ))}
        <div className={`${classes.row} ${classes.axis}`}>
          <span />
          <div className={classes.ends}>
            <span>{format.dateTime(start)}</span>
            <span>{text.timeline.now}</span>
          </div>
        </div>
      </div>
    </div>
  );

  function targetName({ kind, target }: Row): string {
    const stage = STAGES.find((one) => one === target);
    return kind === "stage" && stage !== undefined ? text.stages[stage] : `@${target}`;
  }
}

interface LaneProps {
  readonly name: string;
  readonly lane: readonly Reign[];
  readonly start: number;
  readonly end: number;
  /** So many bars of the least width fill a track. */
  readonly most: number;
}

function Lane({ name, lane, start, end, most }: LaneProps) {
  const places = placesOf(lane, start, end, 1 / most);
  return (
    <div className={classes.track}>
      {lane.map((reign, at) => (
        <Bar key={`${reign.version} ${reign.from}`} {...{ name, reign }} place={places[at] ?? { left: 0, width: 1 }} />
      ))}
    </div>
  );
}

function Bar({ name, reign, place: { left, width } }: { name: string; reign: Reign; place: Place }) {
  const text = useText();
  const format = useFormat();
  const until = reign.until === undefined ? text.timeline.now : format.dateTime(reign.until);
  const label = `${text.timeline.reign(reign.version, format.dateTime(reign.from), until)} · ${reign.by}`;
  return (
    <Link
      to="/models/$name/versions/$version"
      params={{ name, version: reign.version }}
      className={classes.bar ?? ""}
      data-now={reign.until === undefined}
      style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
      title={label}
      aria-label={label}
    >
      <span aria-hidden="true">{reign.version}</span>
    </Link>
  );
}
