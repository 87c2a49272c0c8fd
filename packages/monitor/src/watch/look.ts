import type { MonitorReport } from "@esteira/lifecycle/monitoring/monitor";
import { advanceAlerts } from "../alerts/advance.ts";
import type { MonitorState } from "../alerts/monitor-state.ts";
import { notify } from "../alerts/notification.ts";
import { enqueue } from "../delivery/outbox.ts";
import { diagnose } from "../diagnosis/diagnose.ts";
import type { StandingOut } from "../diagnosis/standing-out.ts";
import type { MonitorFile } from "../file/monitor-file.ts";
import type { Signal } from "../signals/signal.ts";

/** What is known at one instant. */
export interface Seen {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly signals: readonly Signal[];
  readonly report: MonitorReport | undefined;
  readonly slice?: StandingOut | undefined;
}

/**
 * The state after one look: alerts have moved, and what is to be told is in the outbox. Pure: whoever writes the state before anything is sent
 * loses no message, and sends none of them under two ids.
 */
export function look(state: MonitorState, file: MonitorFile, seen: Seen): MonitorState {
  const { at, signals, report, slice } = seen;
  const alerts = advanceAlerts(state.alerts, {
    model: file.model,
    rules: file.rules,
    signals,
    at,
    isReportUnknown: report === undefined,
  });
  const { told, notifications } = notify(state.told, alerts, file, at);
  const added = notifications.map((notification) => ({
    notification,
    diagnosis: diagnose(notification, { file, signals, report, slice }),
  }));
  return { ...state, lookedAt: at, alerts, told, outbox: enqueue(state.outbox, added, at) };
}

/** The most looks that are made up for after a stop. */
export const MOST_MISSED = 288;

/**
 * When to look, up to `now`: each interval since the last look, so that what began and ended while the monitor was away is found too, and `now`
 * itself. After a very long stop the oldest are left out.
 */
export function dueLooks(lookedAt: number | null, now: number, every: number): readonly number[] {
  if (lookedAt === null || lookedAt >= now) return [now];
  const missed = Math.floor((now - lookedAt) / every);
  const first = Math.max(1, missed - MOST_MISSED + 1);
  const instants = Array.from({ length: Math.max(0, missed - first + 1) }, (_, i) => lookedAt + (first + i) * every);
  return instants.length > 0 && instants.at(-1)! > now - every / 2
    ? [...instants.slice(0, -1), now]
    : [...instants, now];
}
