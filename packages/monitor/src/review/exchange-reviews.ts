/** Brings a ledger's alerts to the analysts' queue of a server, and what they judged back as labels. */

import type { JudgedAlert } from "@esteira/core/entities/review";
import type { Client } from "@esteira/sdk/client";
import { type AddedLabels, addLabels } from "../labels/add-labels.ts";
import type { Label } from "../labels/label.ts";
import { labelsAsOf } from "../labels/labels-as-of.ts";
import { existingDays } from "../ledger/parts.ts";
import { modelInSpan } from "../report/model-in-span.ts";
import { readSteadily } from "../report/span.ts";
import { type AlertOptions, readAlerts } from "./ledger-alerts.ts";

export interface ExchangeOptions extends Omit<AlertOptions, "labels" | "model"> {
  readonly ledger: string;
  readonly client: Pick<Client, "reviews">;
  /** The only one that decided unless given. */
  readonly model?: string | undefined;
  /** How long an alert is in the queue, milliseconds. */
  readonly keepMs: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Alerts that the team can look at in a day. */
  readonly capacity?: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Exchanged {
  readonly model: string;
  readonly labels: AddedLabels;
  /** Alerts of the ledger that the queue holds now, and those of them that are new to it. */
  readonly alerts: number;
  readonly added: number;
  /** Alerts whose time is over. */
  readonly removed: number;
}

const DAY_MS = 86_400_000;
/** As many as a server takes at once. */
const BATCH = 1000;

/**
 * Labels first: only a judgement that is in the ledger leaves the queue, and what another has judged since stays for the next time. Whatever
 * it is interrupted at, the next time does the rest. Throws as the server answers, and RESOURCE_DOES_NOT_EXIST where there is no ledger.
 */
export async function exchangeReviews(options: ExchangeOptions): Promise<Exchanged> {
  const { ledger, client, now, currency, capacity } = options;
  await existingDays(ledger);
  // Clocks differ: what was decided by one that is ahead is an alert too.
  const span = { from: now - options.keepMs, to: now + DAY_MS };
  const model = options.model ?? (await modelInSpan(ledger, span, {})).name;
  const judged = await allJudged(client, model);
  const labels = await addLabels(ledger, judged.map(labelOf), now);
  const known = await labelsAsOf(ledger, now);
  const alerts = await readSteadily(() => readAlerts(ledger, span, { ...options, model, labels: known }));
  let added = 0;
  // An empty queue is told, too: then it says that it was filled.
  for (let start = 0; start === 0 || start < alerts.length; start += BATCH)
    added += (await client.reviews.put(model, alerts.slice(start, start + BATCH), { currency, capacity })).added;
  const old = judged.filter(({ decidedAt }) => decidedAt < span.from);
  let removed = 0;
  for (let start = 0; start === 0 || start < old.length; start += BATCH)
    removed += (await client.reviews.remove(model, span.from, old.slice(start, start + BATCH))).removed;
  return { model, labels, alerts: alerts.length, added, removed };
}

async function allJudged(client: Pick<Client, "reviews">, model: string): Promise<readonly JudgedAlert[]> {
  const all: JudgedAlert[] = [];
  for (;;) {
    const page = await client.reviews.judged(model, all.at(-1)?.decisionId ?? "");
    if (page.length === 0) return all;
    all.push(...page);
  }
}

const labelOf = ({ decisionId, judgement, typology, judgedAt }: JudgedAlert): Label => ({
  ...{ decisionId, label: judgement, source: "analyst", eventTime: null, reportTime: null, amount: null },
  ...{ knownAt: judgedAt, typology: typology ?? null },
});
