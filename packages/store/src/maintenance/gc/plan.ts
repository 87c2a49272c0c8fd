import { EsteiraError } from "@esteira/core/errors";
import type { Database } from "../../database/tables.ts";
import {
  checkNamed,
  chooseExperiments,
  deletedModels,
  deletedRuns,
  type Found,
  type Kind,
  membersOf,
  namedModels,
  namedRuns,
} from "./candidates.ts";
import { registeredVersions } from "./registered.ts";
import type { Selection } from "./selection.ts";

/** A run or a logged model that goes, and where its files are. */
export interface Doomed {
  readonly kind: Kind;
  readonly id: string;
  readonly location: string;
  /** Registered versions whose files these are: then only the rows go. */
  readonly filesOf?: readonly string[] | undefined;
}

export interface DoomedExperiment {
  readonly id: number;
  readonly name: string;
  /** Runs and logged models that go because their experiment goes. */
  readonly members: readonly Doomed[];
}

/** What would have gone, and why it stays. */
export interface Kept {
  readonly kind: Kind | "experiment";
  readonly id: string;
  readonly reason: string;
}

export interface Plan {
  readonly runs: readonly Doomed[];
  readonly loggedModels: readonly Doomed[];
  readonly experiments: readonly DoomedExperiment[];
  readonly kept: readonly Kept[];
}

/**
 * What goes at `now` (milliseconds since the epoch), by the rules of `mlflow gc`. A thing that was named and may not go is an
 * error, before anything has gone; a thing that nobody named stays, with the reason.
 */
export async function planGc(db: Database, selection: Selection, now: number): Promise<Plan> {
  const threshold = now - (selection.olderThan?.ms ?? 0);
  const isOld = ({ deletedAt }: Found): boolean => deletedAt !== undefined && deletedAt <= threshold;
  const { runIds, loggedModelIds, onlyNamed = false, withRegistered = false } = selection;

  const named = [...(await namedRuns(db, runIds ?? [])), ...(await namedModels(db, loggedModelIds ?? []))];
  for (const found of named) checkNamed(found, isOld(found), selection);
  const experiments = await chooseExperiments(db, selection, threshold);
  const members = await membersOf(
    db,
    experiments.map(({ id }) => id),
  );
  const deleted = [
    ...(runIds === undefined && !onlyNamed ? await deletedRuns(db) : []),
    ...(loggedModelIds === undefined && !onlyNamed ? await deletedModels(db) : []),
  ];
  const runsOfExperiments = members.filter(({ kind, deletedAt }) => kind === "run" && deletedAt !== undefined);
  const chosen = new Map([...named, ...deleted.filter(isOld), ...runsOfExperiments].map((found) => [found.id, found]));

  const versions = await registeredVersions(db, new Set([...chosen.keys(), ...members.map(({ id }) => id)]));
  const isNamed = new Set(named.map(({ id }) => id));
  const kept = new Map<string, Kept>();
  for (const found of chosen.values()) {
    const users = withRegistered ? undefined : versions.get(found.id);
    if (users !== undefined && isNamed.has(found.id)) throw refused(found.kind, found.id, filesOf(users));
    if (users !== undefined) kept.set(found.id, { ...found, reason: filesOf(users) });
    else if (!isOld(found))
      kept.set(found.id, { ...found, reason: `it is not older than ${selection.olderThan?.text}` });
  }
  const going = [...chosen.values()].filter(({ id }) => !kept.has(id)).map((found) => doomed(found));
  const goingIds = new Set(going.map(({ id }) => id));

  const goingExperiments: DoomedExperiment[] = [];
  for (const { id, name } of experiments) {
    const inside = members.filter(({ experimentId }) => experimentId === id);
    const holder = inside.find((one) => kept.has(one.id) || (!withRegistered && versions.has(one.id)));
    if (holder === undefined) {
      const rest = inside.filter((one) => !goingIds.has(one.id));
      goingExperiments.push({ id, name, members: rest.map((one) => doomed(one, versions.get(one.id))) });
      continue;
    }
    const why = kept.get(holder.id)?.reason ?? filesOf(versions.get(holder.id) ?? []);
    const reason = `its ${holder.kind} ${holder.id} stays (${why})`;
    if (selection.experimentIds?.includes(String(id))) throw refused("experiment", String(id), reason);
    kept.set(`experiment ${id}`, { kind: "experiment", id: String(id), reason });
  }
  return {
    runs: going.filter(({ kind }) => kind === "run"),
    loggedModels: going.filter(({ kind }) => kind === "logged model"),
    experiments: goingExperiments,
    kept: [...kept.values()].map(({ kind, id, reason }) => ({ kind, id, reason })),
  };
}

const doomed = ({ kind, id, location }: Found, users?: readonly string[]): Doomed => ({
  kind,
  id,
  location,
  filesOf: users,
});

const filesOf = (versions: readonly string[]): string =>
  `it holds the files of registered versions: ${versions.join(", ")}`;

const refused = (kind: Kept["kind"], id: string, reason: string): EsteiraError =>
  new EsteiraError(
    "INVALID_STATE",
    `The ${kind} ${id} stays, and nothing was removed: ${reason}. Leave it out, or give --with-registered to remove it all the same.`,
  );
