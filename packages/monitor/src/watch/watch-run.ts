/** What a watcher sees, as a run of a tracking server: figures as metrics over time, and the newest look whole in a tag. */

import { tagValue } from "@esteira/core/entities/tag";
import type { RunId } from "@esteira/core/ids";
import { LIMITS } from "@esteira/core/names";
import { WATCH_TAG, type WatchTold } from "@esteira/core/wire/watch";
import type { Client } from "@esteira/sdk/client";
import { alertLine } from "../delivery/words.ts";
import { durationText } from "../file/duration.ts";
import { signalDefinition } from "../signals/catalogue.ts";
import type { Signal } from "../signals/signal.ts";
import type { Observed } from "./watcher.ts";

const KIND = "watch";
/** Loudest first: others are counted. */
const MOST_ALERTS = 15;
const LOUDNESS = ["page", "act", "watch", "info"] as const;

export interface WatchRun {
  /** Throws as the server answers; the next time tells it all anew. */
  tell(observed: Observed, every: number): Promise<void>;
}

/** One run for a model as long as it lives: whoever watches next goes on in it. */
export function openWatchRun(client: Pick<Client, "experiments" | "runs">, experiment: string): WatchRun {
  let known: RunId | undefined;
  return {
    async tell(observed, every) {
      const told = toldOf(observed, every);
      if (told === undefined) return;
      try {
        known ??= await findOrCreate(client, experiment, observed.file.model);
        await client.runs.logBatch(known, {
          metrics: told.figures.map(({ signal, window, value }) => ({
            ...{ key: window === undefined ? signal : `${signal}/${window}`, value, timestamp: told.at },
            step: Math.floor(told.at / 1000),
          })),
          tags: [{ key: WATCH_TAG, value: textOf(told) }],
        });
      } catch (error) {
        // Somebody may have deleted it.
        known = undefined;
        throw error;
      }
    },
  };
}

async function findOrCreate(
  client: Pick<Client, "experiments" | "runs">,
  experiment: string,
  model: string,
): Promise<RunId> {
  const experimentId = await client.experiments.ensure(experiment);
  const uri = `models:/${model}`;
  const { items } = await client.runs.search({
    experimentIds: [experimentId],
    // "_" stands for any character here: what another model's name matches is left out below.
    filter: `tags.\`esteira.kind\` = '${KIND}' AND tags.\`esteira.model\` LIKE '${uri.replaceAll(/['%\\]/g, "_")}'`,
    orderBy: ["attributes.start_time DESC"],
  });
  const found = items.find(({ data }) => tagValue(data.tags, "esteira.model") === uri);
  if (found !== undefined) return found.info.runId;
  const { info } = await client.runs.create({
    ...{ experimentId, runName: `watching-${model}`, startTime: Date.now() },
    tags: [
      { key: "esteira.kind", value: KIND },
      { key: "esteira.model", value: uri },
    ],
  });
  return info.runId;
}

/** Undefined before the first look. Figures of the report are in the report's own run. */
function toldOf({ file, state, signals }: Observed, every: number): WatchTold | undefined {
  if (state.lookedAt === null) return undefined;
  const open = state.alerts
    .filter(({ phase }) => phase === "firing" || phase === "pending")
    .toSorted((a, b) => LOUDNESS.indexOf(a.severity) - LOUDNESS.indexOf(b.severity) || a.since - b.since);
  const isOwn = ({ name, labels }: Signal) =>
    signalDefinition(name).source !== "report" && Object.keys(labels).length === 0;
  return {
    ...{ at: state.lookedAt, every, currency: file.currency },
    figures: signals.filter(isOwn).map(({ name, windowMs, value }) => ({
      ...{ signal: name, value },
      ...(windowMs === undefined ? {} : { window: durationText(windowMs) }),
    })),
    alerts: open.slice(0, MOST_ALERTS).map((alert) => ({
      ...{ rule: alert.rule, severity: alert.severity, isFiring: alert.phase === "firing", since: alert.since },
      text: { en: alertLine(alert, file, "en"), "pt-BR": alertLine(alert, file, "pt-BR") },
    })),
    more: Math.max(0, open.length - MOST_ALERTS),
  };
}

/** As much as a tag holds: what has no room is counted. */
function textOf(told: WatchTold): string {
  for (let kept = told; ; ) {
    const text = JSON.stringify(kept);
    if (text.length <= LIMITS.tagValue || kept.alerts.length === 0) return text;
    kept = { ...kept, alerts: kept.alerts.slice(0, -1), more: kept.more + 1 };
  }
}
