import type { DecisionLog } from "@esteira/models/decisions/decision-log";
import { decisionMetadata } from "@esteira/models/format/decision-metadata";
import { modelDigest } from "@esteira/models/format/digest";
import { readModelFolder } from "@esteira/models/format/model-folder";
import { createDecisionKeeper, type DecisionKeeper, type DecisionRule } from "@esteira/models/serving/decision-keeper";
import type { FetchedModel } from "./model-source.ts";
import type { ServeSettings } from "./serve-settings.ts";

/** Records of the decisions of a serving process. */
export interface Recording extends DecisionKeeper {
  readonly log: DecisionLog;
  /** Must be told of a model before it answers: a record names the digest of what decided. */
  learn(model: FetchedModel): Promise<void>;
}

/** Undefined where none are asked for. */
export async function openRecording({ decisions }: ServeSettings): Promise<Recording | undefined> {
  if (decisions === undefined) return undefined;
  const { openDecisionLog } = await import("@esteira/models/decisions/decision-log");
  const known = new Map<string, { readonly digest: string; readonly rule: DecisionRule }>();
  const keyOf = ({ name, version }: Pick<FetchedModel, "name" | "version">) => JSON.stringify([name, version]);
  const log = await openDecisionLog({ folder: decisions.folder });
  const keeper = createDecisionKeeper({
    log,
    digestOf: (identity) => known.get(keyOf(identity))?.digest ?? "",
    ruleOf: (identity) => known.get(keyOf(identity))?.rule ?? { threshold: decisions.threshold, oddsFactor: null },
  });
  return {
    log,
    ...keeper,
    learn: async (model) =>
      void known.set(keyOf(model), {
        digest: await modelDigest(model.folder),
        rule: await ruleOf(model.folder, decisions.threshold),
      }),
  };
}

/** A threshold that the operator gives is one of predictions as they are; the model's own is one of its corrected scores. */
async function ruleOf(folder: string, given: number | undefined): Promise<DecisionRule> {
  if (given !== undefined) return { threshold: given, oddsFactor: null };
  const { threshold, weightFactor } = decisionMetadata(await readModelFolder(folder));
  return { threshold, oddsFactor: threshold === undefined || weightFactor === 1 ? null : weightFactor };
}
