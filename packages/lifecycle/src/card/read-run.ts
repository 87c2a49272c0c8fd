import type { DatasetInput } from "@esteira/core/entities/dataset";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { z } from "zod";
import type { ModelCard } from "./card.ts";
import type { Missing } from "./missing.ts";

/** What the run read. */
export function dataOf(run: Run | undefined, missing: Missing): ModelCard["data"] {
  const param = (key: string) => (run && tagValue(run.data.params, key)) ?? null;
  const datasets = (run?.inputs.datasets ?? []).map(datasetOf);
  if (datasets.length === 0) missing.note("datasets", run === undefined ? "not_kept" : "not_said");
  return {
    description: param("data.ledger"),
    digest: param("data.ledger_digest"),
    labels_as_of: instantOf(param("data.as_of")),
    maturity_days: numberOf(param("data.maturity_days")),
    features: wholeOf(param("features.count")),
    features_digest: param("features.digest"),
    datasets,
  };
}

const profileWire = z.object({
  num_rows: z.int().nonnegative().nullable().catch(null).default(null),
  num_frauds: z.int().nonnegative().nullable().catch(null).default(null),
  from: z.string().nullable().catch(null).default(null),
  to: z.string().nullable().catch(null).default(null),
});

function datasetOf({ dataset, tags }: DatasetInput): ModelCard["data"]["datasets"][number] {
  const profile = profileWire.safeParse(jsonOf(dataset.profile)).data;
  return {
    name: dataset.name,
    use: tagValue(tags, "mlflow.data.context") ?? null,
    digest: dataset.digest,
    source_type: dataset.sourceType,
    source: dataset.source,
    rows: profile?.num_rows ?? null,
    frauds: profile?.num_frauds ?? null,
    from: instantOf(profile?.from ?? null),
    to: instantOf(profile?.to ?? null),
  };
}

/** Which run made it, of which code. */
export function lineageOf(run: Run | undefined): ModelCard["lineage"]["run"] {
  if (run === undefined) return null;
  const { info, data } = run;
  const tag = (key: string) => tagValue(data.tags, key) ?? null;
  const dirty = tag("esteira.git.dirty");
  return {
    id: info.runId,
    name: info.runName,
    experiment: info.experimentId,
    user: info.userId,
    status: info.status,
    started_at: instant(info.startTime),
    ended_at: info.endTime === undefined ? null : instant(info.endTime),
    source: tag("mlflow.source.name"),
    repository: tag("mlflow.source.git.repoURL"),
    branch: tag("mlflow.source.git.branch"),
    commit: tag("mlflow.source.git.commit"),
    has_changes: dirty === null ? null : dirty === "true",
    lockfile_digest: tag("esteira.lockfile.sha256"),
  };
}

const instant = (time: number): string => new Date(time).toISOString();

function instantOf(text: string | null): string | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isFinite(time) ? instant(time) : null;
}

function numberOf(text: string | null): number | null {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

function wholeOf(text: string | null): number | null {
  const value = numberOf(text);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
