import type { Experiment } from "@esteira/core/entities/experiment";
import { experimentId } from "@esteira/core/ids";
import type { Selectable } from "kysely";
import { groupBy, inList } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";

export type ExperimentRow = Selectable<Tables["experiments"]>;

/** Rows as entities, with the tags of all of them by one query. */
export async function toExperiments(db: Database, rows: readonly ExperimentRow[]): Promise<readonly Experiment[]> {
  if (rows.length === 0) return [];
  const tags = await db
    .selectFrom("experiment_tags")
    .selectAll()
    .where(
      inList(
        "experiment_id",
        rows.map((row) => row.experiment_id),
      ),
    )
    .execute();
  const tagsOf = groupBy(tags, (tag) => tag.experiment_id);
  return rows.map((row) => ({
    experimentId: experimentId(String(row.experiment_id)),
    name: row.name,
    artifactLocation: row.artifact_location ?? "",
    lifecycleStage: row.lifecycle_stage,
    ...(row.creation_time === null ? {} : { creationTime: row.creation_time }),
    ...(row.last_update_time === null ? {} : { lastUpdateTime: row.last_update_time }),
    tags: (tagsOf.get(row.experiment_id) ?? []).map(({ key, value }) => ({ key, value: value ?? "" })),
  }));
}
