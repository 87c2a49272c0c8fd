import type { AccessStore, OwnerQuestion, Owners } from "@esteira/core/access-store";
import { type ExperimentId, experimentId } from "@esteira/core/ids";
import { sql } from "kysely";
import type { Session } from "../database/session.ts";
import { inList } from "../database/sql.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";

const PROMPT_TAG = "mlflow.prompt.is_prompt";
const toId = (id: number | null): ExperimentId => experimentId(String(id ?? ""));

/** Finds the experiment or model that decides about each thing a request names; all at one state of the database. */
export function ownerStore(session: Session): Pick<AccessStore, "ownersOf"> {
  return { ownersOf: (question) => session.read((db) => ownersOf(db, question)) };
}

async function ownersOf(db: Database, question: OwnerQuestion): Promise<Owners> {
  const { runs = [], loggedModels = [], models = [], experimentNames = [], locations = [] } = question;
  return {
    runs: await (runs.length === 0 ? new Map() : experimentsOfRuns(db, runs)),
    loggedModels: await (loggedModels.length === 0 ? new Map() : experimentsOfModels(db, loggedModels)),
    models: await (models.length === 0 ? new Map() : kindsOfModels(db, models)),
    experimentNames: await (experimentNames.length === 0 ? new Map() : experimentsByName(db, experimentNames)),
    locations: await (locations.length === 0 ? [] : experimentsAt(db, locations)),
  };
}

async function experimentsOfRuns(db: Database, ids: readonly string[]) {
  const rows = await db
    .selectFrom("runs")
    .select(["run_uuid", "experiment_id"])
    .where(inList("run_uuid", ids))
    .execute();
  return new Map(rows.map((row) => [row.run_uuid, toId(row.experiment_id)]));
}

/** Deleted ones too: some calls reach them. */
async function experimentsOfModels(db: Database, ids: readonly string[]) {
  const rows = await db
    .selectFrom("logged_models")
    .select(["model_id", "experiment_id"])
    .where(inList("model_id", ids))
    .execute();
  return new Map(rows.map((row) => [row.model_id, toId(row.experiment_id)]));
}

async function kindsOfModels(db: Database, names: readonly string[]) {
  const rows = await db
    .selectFrom("registered_models as m")
    .leftJoin("registered_model_tags as t", (join) =>
      join
        .onRef("t.workspace", "=", "m.workspace")
        .onRef("t.name", "=", "m.name")
        .on("t.key", "=", PROMPT_TAG)
        .on("t.value", "=", "true"),
    )
    .select(["m.name", "t.key"])
    .where("m.workspace", "=", WORKSPACE)
    .where(inList("m.name", names))
    .execute();
  return new Map(rows.map((row) => [row.name, row.key === null ? ("registered_model" as const) : ("prompt" as const)]));
}

async function experimentsByName(db: Database, names: readonly string[]) {
  const rows = await db
    .selectFrom("experiments")
    .select(["name", "experiment_id"])
    .where("workspace", "=", WORKSPACE)
    .where(inList("name", names))
    .execute();
  return new Map(rows.map((row) => [row.name, toId(row.experiment_id)]));
}

/** Every experiment whose location is one of these, holds one of these, or lies below one of these. */
async function experimentsAt(db: Database, locations: readonly string[]) {
  const holders = locations.flatMap(ancestors);
  const found = await db
    .selectFrom("experiments")
    .select(["experiment_id", "artifact_location"])
    .where((where) => where.or([inList("artifact_location", holders), ...locations.map(below)]))
    .execute();
  return found.map((row) => ({ experimentId: toId(row.experiment_id), location: row.artifact_location ?? "" }));
}

const below = (location: string) => {
  const escaped = location.replace(/\/+$/, "").replace(/[\\%_]/g, "\\$&");
  return sql<boolean>`artifact_location like ${`${escaped}/%`} escape '\\'`;
};

/** `a:/b/c` gives `a:/b/c` and `a:/b`, with and without a slash at the end; the bare root holds everything and decides nothing. */
function ancestors(location: string): string[] {
  const match = /^([a-z][a-z0-9+.-]*:\/*)(.*)$/i.exec(location);
  const [prefix, path] = match === null ? ["", location] : [match[1] ?? "", match[2] ?? ""];
  const segments = path.split("/").filter((segment) => segment !== "");
  return segments.flatMap((_, index) => {
    const holder = prefix + segments.slice(0, index + 1).join("/");
    return [holder, `${holder}/`];
  });
}
