import type { ModelVersion, RegisteredModelAlias, Stage } from "@esteira/core/entities/registered-model";
import { STAGES } from "@esteira/core/entities/registered-model";
import type { Target } from "@esteira/core/policy/policy";

/** What a promotion would change. Versions are named by their numbers. */
export interface Plan {
  readonly target: Target;
  readonly version: string;
  /** Who stands there now; an alias has one holder at most. */
  readonly before: readonly string[];
  /** Who loses the stage for it. */
  readonly archived: readonly string[];
  /** The stage that the version itself leaves. */
  readonly leaves?: Stage;
  readonly isSame: boolean;
}

/** Stages in which one version takes the place of the others. */
const REPLACES: readonly string[] = ["Staging", "Production"];

export function planOf(
  version: string,
  target: Target,
  now: { readonly aliases: readonly RegisteredModelAlias[]; readonly versions: readonly ModelVersion[] },
): Plan {
  const before =
    "alias" in target
      ? now.aliases.filter(({ alias }) => alias === target.alias).map((holder) => holder.version)
      : now.versions.filter(({ currentStage }) => currentStage === target.stage).map((holder) => holder.version);
  const own = now.versions.find((one) => one.version === version)?.currentStage;
  const archived =
    "stage" in target && REPLACES.includes(target.stage) ? before.filter((holder) => holder !== version) : [];
  return {
    ...{ target, version, before, archived },
    ...("stage" in target && own !== undefined && own !== "None" && own !== target.stage ? { leaves: own } : {}),
    isSame: before.length === 1 && before[0] === version,
  };
}

/** A target as the page writes it: an alias with its sign, a stage by its name. */
export const targetText = (target: Target, stages: Readonly<Record<Stage, string>>): string => {
  if ("alias" in target) return `@${target.alias}`;
  const stage = STAGES.find((one) => one === target.stage);
  return stage === undefined ? target.stage : stages[stage];
};

/** The value of a choice in a form, and back. */
export const targetKey = (target: Target): string =>
  "alias" in target ? `alias:${target.alias}` : `stage:${target.stage}`;
export const targetIn = (key: string): Target => {
  const name = key.slice(key.indexOf(":") + 1);
  return key.startsWith("stage:") ? { stage: name } : { alias: name };
};
