import { z } from "zod";
import { baselineCheck } from "./checks/baseline.ts";
import { calibrationCheck } from "./checks/calibration.ts";
import { championCheck } from "./checks/champion.ts";
import { driftCheck } from "./checks/drift.ts";
import { latencyCheck } from "./checks/latency.ts";
import { leakageCheck } from "./checks/leakage.ts";
import { metricCheck } from "./checks/metric.ts";
import { parityCheck } from "./checks/parity.ts";
import { signatureCheck } from "./checks/signature.ts";
import { sliceCheck } from "./checks/slice.ts";
import { windowsCheck } from "./checks/windows.ts";

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
  parity: parityCheck,
  signature: signatureCheck,
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
    parityCheck.settings,
    signatureCheck.settings,
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
    // Two limits on one metric that no value keeps at once.
    const limits = new Map<string, { min: number; max: number }>();
    checks.forEach((settings, i) => {
      if (settings.check !== "metric") return;
      const both = limits.get(settings.metric) ?? { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
      both.min = Math.max(both.min, settings.min ?? Number.NEGATIVE_INFINITY);
      both.max = Math.min(both.max, settings.max ?? Number.POSITIVE_INFINITY);
      const alone = (settings.min ?? Number.NEGATIVE_INFINITY) > (settings.max ?? Number.POSITIVE_INFINITY);
      if (both.min > both.max && !alone) {
        context.addIssue({
          code: "custom",
          path: ["checks", i, "metric"],
          message: `contradicts an earlier check of ${settings.metric}: no value is at least ${both.min} and at most ${both.max}`,
        });
      }
      limits.set(settings.metric, both);
    });
  });

export type Gate = z.infer<typeof gateSchema>;
export type CheckSettings = Gate["checks"][number];
