import {
  type ModelVersion,
  type RegisteredModelAlias,
  STAGES,
  type Stage,
} from "@esteira/core/entities/registered-model";

/** The version with the greatest number. */
export const newestOf = (versions: readonly ModelVersion[]): ModelVersion | undefined =>
  versions.reduce<ModelVersion | undefined>(
    (best, version) => (best === undefined || Number(version.version) > Number(best.version) ? version : best),
    undefined,
  );

/** Stages that some version is in, in their own order, without "None". */
export const stagesOf = (versions: readonly ModelVersion[]): readonly Stage[] =>
  STAGES.filter((stage) => stage !== "None" && versions.some((version) => version.currentStage === stage));

export const aliasesOf = (aliases: readonly RegisteredModelAlias[], version: string): readonly string[] =>
  aliases.filter((alias) => alias.version === version).map(({ alias }) => alias);

/** The server's filter for names that contain a text; quotes cannot be part of a name's filter and are left out. */
export const nameFilter = (part: string): string =>
  part.trim() === "" ? "" : `name ILIKE '%${part.trim().replaceAll("'", "")}%'`;
