import type { Run } from "@esteira/core/entities/run";
import { type Tag, tagValue } from "@esteira/core/entities/tag";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { EXTRA_TAG } from "../run/tracked-run.ts";

/** What a run says of how it was made. */
export interface RecordedRun {
  readonly source: string;
  readonly entryPoint: string;
  readonly commit: string | undefined;
  readonly remote: string | undefined;
  /** What made its environment; undefined where that was an image. */
  readonly manager: string | undefined;
  readonly params: ReadonlyMap<string, string>;
  /** Names of the parameters that went along without being declared. */
  readonly extra: readonly string[];
  /** By the parameter that names it: the digest, and where it was. */
  readonly data: ReadonlyMap<string, { readonly sha256: string; readonly path: string | undefined }>;
  readonly lockfile: string | undefined;
}

/**
 * @throws EsteiraError INVALID_STATE for a run that has not finished, INVALID_PARAMETER_VALUE for one that no project run made, so that
 * nothing says how to make it again.
 */
export function recordedRun({ info, data: { tags, params } }: Run): RecordedRun {
  const id = info.runId;
  if (info.status !== "FINISHED")
    throw new EsteiraError(
      "INVALID_STATE",
      `Run ${id} is ${info.status}: only a run that has finished can be reproduced.`,
    );
  const source = tagValue(tags, "mlflow.source.name");
  const entryPoint = tagValue(tags, "mlflow.project.entryPoint");
  if (tagValue(tags, "mlflow.source.type") !== "PROJECT" || source === undefined || entryPoint === undefined)
    throw invalid(
      `Run ${id} was made by no project: nothing in it says which command to run again. Runs of esteira run and mlflow run can be reproduced.`,
    );
  const data = new Map<string, { sha256: string; path: string | undefined }>();
  for (const { key, value } of tags) {
    const name = /^esteira\.data\.(.+)\.sha256$/.exec(key)?.[1];
    if (name !== undefined) data.set(name, { sha256: value, path: tagValue(tags, `esteira.data.${name}.path`) });
  }
  return {
    source,
    entryPoint,
    commit: tagValue(tags, "mlflow.source.git.commit"),
    remote: tagValue(tags, "mlflow.source.git.repoURL"),
    manager: isInImage(tags) ? undefined : (tagValue(tags, "mlflow.project.env") ?? "local"),
    params: new Map(params.map(({ key, value }) => [key, value])),
    extra: namesOf(tagValue(tags, EXTRA_TAG)),
    data,
    lockfile: tagValue(tags, "esteira.lockfile.sha256"),
  };
}

/** The backend on which a run is made again: its own. Real MLflow calls it `local` where a container of this machine was. */
export function backendOf(tags: readonly Tag[]): string {
  const name = tagValue(tags, "mlflow.project.backend") ?? "local";
  return name === "local" && isInImage(tags) ? "docker" : name;
}

const isInImage = (tags: readonly Tag[]): boolean => tagValue(tags, "mlflow.project.env") === "docker";

function namesOf(json: string | undefined): readonly string[] {
  if (json === undefined) return [];
  const read: unknown = JSON.parse(json);
  return Array.isArray(read) ? read.map(String) : [];
}
