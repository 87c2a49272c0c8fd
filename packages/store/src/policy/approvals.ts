import { type Policy, type Target, targetName } from "@esteira/core/policy/policy";
import type { Database } from "../database/tables.ts";
import type { Recorder } from "../timeline/append.ts";
import { lifeOf } from "../timeline/life.ts";

/** Those who have left the role, or are users no more, do not count. */
export async function approversOf(
  db: Database,
  model: string,
  version: number,
  target: Target,
  { approvals }: Policy,
): Promise<readonly string[]> {
  if (approvals === undefined) return [];
  const rows = await db
    .selectFrom("esteira_approvals as approval")
    .innerJoin("esteira_users as user", "user.id", "approval.user_id")
    .innerJoin("esteira_user_roles as assigned", "assigned.user_id", "user.id")
    .innerJoin("esteira_roles as role", "role.id", "assigned.role_id")
    .select("user.username")
    .distinct()
    .where("approval.model", "=", model)
    .where("approval.version", "=", version)
    .where("approval.target", "=", targetName(target))
    .where("role.name", "=", approvals.role)
    .orderBy("user.username")
    .execute();
  return rows.map(({ username }) => username);
}

/** Who registered the version: whose approval does not count. Undefined of a version that is older than the timeline. */
export async function authorOf(db: Database, model: string, version: number): Promise<string | undefined> {
  const born = (await lifeOf(db, model, undefined)).find(
    ({ action, subject }) => action === "version.created" && subject.version === version,
  );
  return born?.actor.name;
}

/** The tag by which a version says which bytes its model has. */
export const MODEL_DIGEST = "esteira.model.sha256";

/** 64 hexadecimal digits; undefined where the tag is absent or says nothing. */
export const taggedDigest = (tag: string | undefined): string | undefined => tag?.replace(/^sha256:/, "") || undefined;

/** Who has approved a version has approved the model whose digest it named then: with another one the approvals are gone. */
export async function lapseApprovals(
  db: Database,
  { model, version, was, is }: LapsingChange,
  record: Recorder,
): Promise<void> {
  const [old, now] = [taggedDigest(was), taggedDigest(is)];
  if (old === now) return;
  const { numDeletedRows } = await db
    .deleteFrom("esteira_approvals")
    .where("model", "=", model)
    .where("version", "=", version)
    .executeTakeFirstOrThrow();
  if (numDeletedRows === 0n) return;
  await record(db, {
    action: "approval.lapsed",
    subject: { model, version },
    before: {},
    after: {},
    reason: `its model was ${old ?? "of no digest"} and is ${now ?? "of no digest"}`,
  });
}

interface LapsingChange {
  readonly model: string;
  readonly version: number;
  /** The tag as it was, and as it is. */
  readonly was: string | undefined;
  readonly is: string | undefined;
}
