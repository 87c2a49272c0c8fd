import type { TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { evidenceWire } from "@esteira/core/policy/evidence";
import type { Database } from "../database/tables.ts";

/** Keeps evidence that a trusted identity has brought; false when the same identity brought the same before. */
export async function keepVouched(
  db: Database,
  row: {
    readonly model: string;
    readonly version: number;
    readonly digest: string;
    readonly evidence: string;
    readonly identity: Pick<TrustedIdentity, "digest">;
    readonly at: number;
  },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("esteira_vouched_evidence")
    .values({ ...row, identity: row.identity.digest })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows !== 0n;
}

/** Evidence of a version whose identity is still trusted for this model, and still the one that brought it. */
export async function vouchedEvidence(db: Database, model: string, version: number) {
  const rows = await db
    .selectFrom("esteira_vouched_evidence as vouched")
    .innerJoin("esteira_trusted_identities as identity", (join) =>
      join.onRef("identity.digest", "=", "vouched.identity").onRef("identity.model", "=", "vouched.model"),
    )
    .select(["vouched.digest", "vouched.evidence", "vouched.at", "identity.name", "identity.steps"])
    .where("vouched.model", "=", model)
    .where("vouched.version", "=", version)
    .orderBy("vouched.at")
    .execute();
  return rows.flatMap(({ digest, evidence, at, name, steps }) => {
    const { data } = evidenceWire.safeParse(JSON.parse(evidence));
    if (data?.outcome !== "passed" || !steps.split(" ").includes("evidence")) return [];
    return [{ digest, model: data.digests.model, gate: data.digests.gate, identity: name, at }];
  });
}
