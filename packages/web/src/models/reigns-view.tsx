import { STAGES } from "@esteira/core/entities/registered-model";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { focusScroll } from "../shell/focus-scroll.ts";
import { Dim } from "../shell/page.tsx";
import { Answer } from "../shell/states.tsx";
import { historyQuery } from "./life-queries.ts";
import classes from "./reigns.module.css";
import { placeOf, type Reign, type Row, reignsOf } from "./reigns.ts";

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
  return (
    <div className={classes.frame} ref={focusScroll}>
      <div className={classes.picture}>
        {rows.map((row) => (
          <div key={`${row.kind} ${row.target}`} className={classes.row}>
            <span className={classes.target}>{targetName(row)}</span>
            <div className={classes.track}>
              {row.reigns.map((reign) => (
                <Bar key={`${reign.version} ${reign.from}`} {...{ name, reign, start, end }} />
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

function Bar({ name, reign, start, end }: { name: string; reign: Reign; start: number; end: number }) {
  const text = useText();
  const format = useFormat();
  const { left, width } = placeOf(reign, start, end);
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
