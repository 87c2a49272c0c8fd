import type { Clock } from "@esteira/core/clock";
import type { Session } from "../../database/session.ts";
import type { Doomed, Plan } from "./plan.ts";
import { removeDoomed, removeExperiment } from "./rows.ts";

/** How many files, and how many bytes. */
export interface Size {
  readonly files: number;
  readonly bytes: number;
}

/** What reaches the files of runs and logged models, wherever they are. Files that are not there count as removed. */
export interface ArtifactRemoval {
  /** Why the files at a location cannot be removed from here; undefined when they can. */
  obstacle(owner: Pick<Doomed, "id" | "location">): string | undefined;
  size(location: string): Promise<Size>;
  remove(location: string): Promise<void>;
}

export type Removed = { readonly kind: Doomed["kind"] | "experiment" | "files"; readonly id: string };

/** What may happen on the way: each is told at once, for a long collection may be stopped at any moment. */
export interface Progress {
  readonly removed: (what: Removed) => void;
  /** The rows are gone, the files could not be removed; the next collection tries again. */
  readonly failed: (location: string, error: unknown) => void;
  readonly skipped: (what: Removed, reason: string) => void;
}

const MEANWHILE = "it was restored, changed or removed meanwhile";

/**
 * Removes what the plan says for good. The rows go first, in one transaction with a note of where their files are; the note
 * goes when the files are gone. So a collection that was killed leaves nothing that the next does not find, and nothing
 * that was restored in time loses its files. Gives the number of locations that are left.
 */
export async function collect(
  session: Session,
  plan: Plan,
  artifacts: ArtifactRemoval,
  clock: Clock,
  progress: Progress,
): Promise<number> {
  for (const kind of ["runs", "loggedModels"] as const) {
    for (const doomed of plan[kind]) {
      const obstacle = artifacts.obstacle(doomed);
      if (obstacle !== undefined) progress.skipped(doomed, obstacle);
      else if (await session.write((db) => removeDoomed(db, doomed, clock()))) {
        await removeFiles(session, artifacts, doomed, progress);
        progress.removed(doomed);
      } else progress.skipped(doomed, MEANWHILE);
    }
  }
  for (const experiment of plan.experiments) {
    const what: Removed = { kind: "experiment", id: String(experiment.id) };
    const obstacle = experiment.members
      .map((member) => artifacts.obstacle(member))
      .find((reason) => reason !== undefined);
    if (obstacle !== undefined) progress.skipped(what, obstacle);
    else if (await session.write((db) => removeExperiment(db, experiment, clock()))) {
      for (const member of experiment.members) await removeFiles(session, artifacts, member, progress);
      progress.removed(what);
    } else progress.skipped(what, MEANWHILE);
  }
  return (await condemned(session)).length;
}

/** Runs and logged models whose rows a collection has removed, and whose files it has not: it was killed, or they could not be reached. */
export const condemned = (session: Session): Promise<readonly Doomed[]> =>
  session.read(async (db) => {
    const rows = await db.selectFrom("esteira_condemned_artifacts").selectAll().orderBy("condemned_at").execute();
    return rows.map(({ owner_id, owner_kind, location }) => ({
      kind: owner_kind,
      id: owner_id,
      location,
    }));
  });

/** Ends what an earlier collection has begun. */
export async function resume(session: Session, artifacts: ArtifactRemoval, progress: Progress): Promise<void> {
  for (const doomed of await condemned(session)) {
    if (await removeFiles(session, artifacts, doomed, progress)) progress.removed({ kind: "files", id: doomed.id });
  }
}

async function removeFiles(
  session: Session,
  artifacts: ArtifactRemoval,
  { id, location, filesOf }: Doomed,
  progress: Progress,
): Promise<boolean> {
  if (filesOf !== undefined || location === "") return true;
  try {
    const obstacle = artifacts.obstacle({ id, location });
    if (obstacle !== undefined) throw new Error(obstacle);
    await artifacts.remove(location);
  } catch (error) {
    progress.failed(location, error);
    return false;
  }
  await session.write((db) => db.deleteFrom("esteira_condemned_artifacts").where("owner_id", "=", id).execute());
  return true;
}
