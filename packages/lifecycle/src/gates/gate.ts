import { z } from "zod";
import { baselineCheck } from "./checks/baseline.ts";
import { calibrationCheck } from "./checks/calibration.ts";
import { championCheck } from "./checks/champion.ts";
import { costCheck } from "./checks/cost.ts";
import { dataCheck } from "./checks/data.ts";
import { driftCheck } from "./checks/drift.ts";
import { fairnessCheck } from "./checks/fairness.ts";
import { imageCheck } from "./checks/image.ts";
import { latencyCheck } from "./checks/latency.ts";
import { leakageCheck } from "./checks/leakage.ts";
import { memoryCheck } from "./checks/memory.ts";
import { metricCheck } from "./checks/metric.ts";
import { monotonicCheck } from "./checks/monotonic.ts";
import { parityCheck } from "./checks/parity.ts";
import { probabilitiesCheck } from "./checks/probabilities.ts";
import { servedCheck } from "./checks/served.ts";
import { signatureCheck } from "./checks/signature.ts";
import { sliceCheck } from "./checks/slice.ts";
import { stabilityCheck } from "./checks/stability.ts";
import { windowsCheck } from "./checks/windows.ts";
import { contradictions, type Limit } from "./contradictions.ts";

/** Every kind of check there is, by the name that `gate.yaml` uses. */
export const CATALOGUE = {
  metric: metricCheck,
  champion: championCheck,
  baseline: baselineCheck,
  slice: sliceCheck,
  calibration: calibrationCheck,
  leakage: leakageCheck,
  windows: windowsCheck,
  drift: driftCheck,
  latency: latencyCheck,
  memory: memoryCheck,
  parity: parityCheck,
  signature: signatureCheck,
  cost: costCheck,
  probabilities: probabilitiesCheck,
  stability: stabilityCheck,
  monotonic: monotonicCheck,
  fairness: fairnessCheck,
  data: dataCheck,
  served: servedCheck,
  image: imageCheck,
} as const;

/** One check with its settings, as `gate.yaml` writes it. Rules between fields are here, where the whole check is seen. */
const checkSettings = z
  .discriminatedUnion("check", [
    metricCheck.settings,
    championCheck.settings,
    baselineCheck.settings,
    sliceCheck.settings,
    calibrationCheck.settings,
    leakageCheck.settings,
    windowsCheck.settings,
    driftCheck.settings,
    latencyCheck.settings,
    memoryCheck.settings,
    parityCheck.settings,
    signatureCheck.settings,
    costCheck.settings,
    probabilitiesCheck.settings,
    stabilityCheck.settings,
    monotonicCheck.settings,
    fairnessCheck.settings,
    dataCheck.settings,
    servedCheck.settings,
    imageCheck.settings,
  ])
  .superRefine((settings, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    switch (settings.check) {
      case "metric":
      case "slice":
        if (settings.min === undefined && settings.max === undefined)
          refuse("check", "give min, max or both; without a limit the check would pass whatever the value is");
        if (settings.min !== undefined && settings.max !== undefined && settings.min > settings.max)
          refuse("min", `min ${settings.min} is above max ${settings.max}; no value can pass`);
        break;
      case "champion":
      case "baseline":
        if (settings.metric.startsWith("auc") === (settings.budget !== undefined)) {
          if (settings.budget === undefined)
            refuse("metric", `${settings.metric} needs a budget, for example budget: 0.005`);
          else refuse("budget", `${settings.metric} does not depend on an alert budget; remove it`);
        }
        break;
      case "calibration":
        if (settings.ece === undefined && settings.top === undefined && settings.ratio === undefined)
          refuse("check", "give at least one of ece, top and ratio");
        if (settings.ratio !== undefined && settings.ratio.min > settings.ratio.max)
          refuse("ratio", `min ${settings.ratio.min} is above max ${settings.ratio.max}; no value can pass`);
        break;
      case "probabilities":
        if (settings.brier === undefined && settings.ece === undefined) refuse("check", "give brier, ece or both");
        break;
      case "fairness":
        if (settings.gap === undefined && settings.ratio === undefined) refuse("check", "give gap, ratio or both");
        break;
      case "image":
        if (settings.accepted.length > 0 && !settings.advisories)
          refuse("accepted", "weaknesses are only looked for with advisories: true");
        break;
      case "data":
        if ([settings.digest, settings.rows, settings.columns, settings.missing].every((limit) => limit === undefined))
          refuse("check", "give at least one of digest, rows, columns and missing");
        break;
      default:
    }
  });

export const gateSchema = z
  .strictObject({
    version: z.literal(1).describe("Of this format."),
    name: z.string().min(1).describe("What the gate guards."),
    description: z.string().optional(),
    checks: z.array(checkSettings).min(1),
  })
  .superRefine(({ checks }, context) => {
    // One input whose score must both rise and fall with it.
    const directions = new Map<string, string>();
    const digests = new Set<string>();
    checks.forEach((settings, i) => {
      if (settings.check === "monotonic") {
        const known = directions.get(settings.feature);
        if (known !== undefined && known !== settings.direction) {
          context.addIssue({
            code: "custom",
            path: ["checks", i, "direction"],
            message: `contradicts an earlier check of ${settings.feature}: no score is both rising and falling`,
          });
        }
        directions.set(settings.feature, settings.direction);
      }
      if (settings.check === "data" && settings.digest !== undefined) {
        digests.add(settings.digest.replace(/^sha256:/, ""));
        if (digests.size > 1) {
          context.addIssue({
            code: "custom",
            path: ["checks", i, "digest"],
            message: "contradicts an earlier check of the data: no file has two digests",
          });
        }
      }
    });
    const places = new Map<Limit, number>(
      checks.flatMap((settings, i): [Limit, number][] => {
        if (settings.check === "metric") return [[settings, i]];
        // Another check may be of the groups that this one excepts.
        return settings.check === "slice" && settings.except.length === 0 ? [[settings, i]] : [];
      }),
    );
    for (const { limit, message } of contradictions([...places.keys()]))
      context.addIssue({ code: "custom", path: ["checks", places.get(limit) ?? 0, "metric"], message });
  });

export type Gate = z.infer<typeof gateSchema>;
export type CheckSettings = Gate["checks"][number];
