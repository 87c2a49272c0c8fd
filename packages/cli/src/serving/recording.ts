import type { DecisionLog } from "@esteira/models/decisions/decision-log";
import { modelDigest } from "@esteira/models/format/digest";
import { createDecisionKeeper, type DecisionKeeper } from "@esteira/models/serving/decision-keeper";
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
  const digests = new Map<string, string>();
  const keyOf = ({ name, version }: Pick<FetchedModel, "name" | "version">) => JSON.stringify([name, version]);
  const log = await openDecisionLog({ folder: decisions.folder });
  const keeper = createDecisionKeeper({
    log,
    digestOf: (identity) => digests.get(keyOf(identity)) ?? "",
    threshold: decisions.threshold,
  });
  return {
    log,
    ...keeper,
    learn: async (model) => void digests.set(keyOf(model), await modelDigest(model.folder)),
  };
}
