/** How good alarms were, where somebody says when something was truly wrong. Pure. */

import type { Span } from "../report/span.ts";
import type { Episode } from "./backtest.ts";

export interface IncidentFound {
  readonly incident: Span;
  /** The first alarm since it began and before it was over. */
  readonly by: Episode | undefined;
  /** From its beginning to that alarm, milliseconds. */
  readonly delay: number | undefined;
}

export interface Judged {
  readonly incidents: readonly IncidentFound[];
  /** Alarms that fired while nothing was wrong. */
  readonly falseAlarms: readonly Episode[];
  /** Of them, in thirty days without an incident. NaN where there is no such time. */
  readonly falseInThirtyDays: number;
}

const THIRTY_DAYS = 30 * 86_400_000;

export function judgeEpisodes(episodes: readonly Episode[], incidents: readonly Span[], span: Span): Judged {
  const within = ({ firedAt }: Episode, { from, to }: Span) => firedAt >= from && firedAt < to;
  const found = incidents.map((incident): IncidentFound => {
    const by = episodes.find((episode) => within(episode, incident));
    return { incident, by, delay: by === undefined ? undefined : by.firedAt - incident.from };
  });
  const falseAlarms = episodes.filter((episode) => !incidents.some((incident) => within(episode, incident)));
  const quiet = span.to - span.from - covered(incidents, span);
  return { incidents: found, falseAlarms, falseInThirtyDays: (falseAlarms.length / quiet) * THIRTY_DAYS };
}

/** How much of the span incidents cover, each moment once. */
function covered(incidents: readonly Span[], span: Span): number {
  let [sum, until] = [0, span.from];
  for (const { from, to } of [...incidents].sort((a, b) => a.from - b.from)) {
    const [begins, ends] = [Math.max(from, until), Math.min(to, span.to)];
    if (ends <= begins) continue;
    sum += ends - begins;
    until = ends;
  }
  return sum;
}
