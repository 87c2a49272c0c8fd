import { pairedBootstraps } from "@esteira/models/evaluation/bootstrap";
import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import { countPositives } from "@esteira/models/evaluation/rows";
import { z } from "zod";
import { common, defineCheck, figure, lacking, noChampion, percent, share, support } from "./check.ts";

/** What both models' alerts cost, and save, in money, on the same rows and as many alerts. */
export const costCheck = defineCheck({
  proves: "Alerting as many transfers, the candidate costs no more money than the champion, beyond chance.",
  inputs: ["champion"],
  settings: z.strictObject({
    check: z.literal("cost"),
    budget: share.describe("Share of transfers that are blocked, the same for both."),
    recovery: z.number().min(0).max(1).describe("Share of a lost amount that comes back."),
    friction: z
      .number()
      .min(0)
      .max(1)
      .describe("Lost on an honest transfer that is blocked, as a share of its amount."),
    false_alert: z
      .number()
      .min(0)
      .describe("Contact and churn for each honest customer blocked, in the amounts' unit."),
    alert: z.number().min(0).describe("An analyst's time for each alert, in the amounts' unit."),
    margin: z.number().min(0).default(0).describe("How much more for 1,000 transfers is still acceptable."),
    confidence: z.number().gt(0.5).lt(1).default(0.95).describe("One-sided."),
    replicates: z.number().int().min(200).max(100_000).default(1000),
    resample: z.enum(["customers", "days"]).default("customers").describe("What is drawn as a whole."),
    seed: z.number().int().min(0).default(1),
    support: support(100),
    ...common,
  }),
  title: ({ budget, margin }) => `cost at ${percent(budget)} alerts at most the champion's + ${margin} for 1,000`,
  judge(settings, { champion }) {
    if (champion === undefined) return lacking("The comparison with the champion");
    if (champion === null) return noChampion("There is no champion yet whose cost could be compared.");
    const { rows, scores, days, name } = champion;
    const frauds = countPositives(rows.labels);
    if (frauds < settings.support || !rows.amounts.some((amount) => amount > 0)) {
      const isPoor = frauds >= settings.support;
      return {
        status: "not_enough_evidence",
        found: isPoor ? "no amounts" : `${frauds} frauds`,
        reason: isPoor
          ? "No compared row has an amount, so nothing can be said of money."
          : `Only ${frauds} frauds are known on the compared rows; ${settings.support} are needed.`,
        evidence: { frauds, support: settings.support, champion: name },
      };
    }
    if (settings.resample === "days" && days === undefined) return lacking("The day of each compared row");
    const clusters = settings.resample === "days" && days !== undefined ? days : rows.clusters;
    const { recovery, friction, false_alert: falseAlert, alert, budget } = settings;
    const [estimate] = pairedBootstraps(rows, [clusters], scores, {
      metric: { name: "saving", budget, costs: { recovery, margin: friction, falseAlert, alert } },
      replicates: settings.replicates,
      seed: settings.seed,
    });
    if (estimate === undefined) return lacking("The comparison with the champion");
    // Costing more is saving less.
    const more = -estimate.delta;
    const bound = -quantileOfSorted(estimate.replicates, 1 - settings.confidence);
    return {
      status: bound <= settings.margin ? "passed" : "refused",
      found: `${figure(more)} (upper bound ${figure(bound)})`,
      reason:
        `For 1,000 transfers the candidate's alerts save ${figure(estimate.challenger)} and those of ${name} ${figure(estimate.champion)}: ` +
        `it costs ${figure(more)} more, at most ${figure(bound)} with ${percent(settings.confidence)} confidence; ${settings.margin} is allowed.`,
      evidence: {
        champion: name,
        champion_digest: champion.digest,
        saving: estimate.challenger,
        champion_saving: estimate.champion,
        cost_more: more,
        upper_bound: bound,
        margin: settings.margin,
        confidence: settings.confidence,
        replicates: estimate.replicates.length,
        frauds,
      },
    };
  },
});
