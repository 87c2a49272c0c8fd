import type { ModelVersion, Stage } from "@esteira/core/entities/registered-model";
import type { RegistryStore } from "@esteira/core/registry-store";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { allowPromotion, allowRemoval, type HeldModel } from "../policy/guard.ts";
import type { Recorder } from "../timeline/append.ts";
import {
  archiveRefusal,
  findModelVersion,
  parseStage,
  readModelVersion,
  touchRegisteredModel,
  updateVersionRow,
} from "./model-version-data.ts";

/** Moves a version to a stage, and on demand those that are there to Archived. */
export async function transition(
  db: Database,
  now: number,
  name: string,
  version: number,
  change: Parameters<RegistryStore["transitionStage"]>[2],
  held: HeldModel | undefined,
  record: Recorder,
): Promise<ModelVersion> {
  const stage = parseStage(change.stage);
  if (change.archiveExistingVersions && stage !== "Staging" && stage !== "Production") throw archiveRefusal(stage);
  const { current_stage } = await findModelVersion(db, name, version);
  const inStage = await otherVersionsIn(db, name, version, stage);
  const others = change.archiveExistingVersions ? inStage : [];
  const grounds =
    current_stage === stage
      ? {}
      : {
          ...(await allowRemoval(db, now, {
            model: name,
            targets: [{ stage: current_stage ?? "None" }],
            doing: `Moving version ${version} of ${name} to ${stage}`,
          })),
          ...(await allowPromotion(db, now, {
            model: name,
            version,
            target: { stage },
            beside: change.archiveExistingVersions ? [] : inStage,
            held,
          })),
        };
  if (others.length > 0) {
    await db
      .updateTable("model_versions")
      .set({ current_stage: "Archived", last_updated_time: now })
      .where("workspace", "=", WORKSPACE)
      .where("name", "=", name)
      .where("version", "<>", version)
      .where("current_stage", "=", stage)
      .execute();
  }
  await updateVersionRow(db, name, version, { current_stage: stage, last_updated_time: now });
  await touchRegisteredModel(db, name, now);
  const archived = (to: Stage) => others.map((other) => [String(other), { stage: to }] as const);
  await record(db, {
    action: "version.staged",
    subject: { model: name, version },
    before: {
      versions: Object.fromEntries([...archived(stage), [String(version), { stage: current_stage ?? "None" }]]),
    },
    after: { versions: Object.fromEntries([...archived("Archived"), [String(version), { stage }]]) },
    ...grounds,
  });
  return readModelVersion(db, name, version);
}

async function otherVersionsIn(db: Database, name: string, version: number, stage: Stage): Promise<readonly number[]> {
  const rows = await db
    .selectFrom("model_versions")
    .select("version")
    .where("workspace", "=", WORKSPACE)
    .where("name", "=", name)
    .where("version", "<>", version)
    .where("current_stage", "=", stage)
    .orderBy("version")
    .execute();
  return rows.map((row) => row.version);
}
