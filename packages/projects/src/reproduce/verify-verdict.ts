import { tagValue } from "@esteira/core/entities/tag";
import { EsteiraError, notFound } from "@esteira/core/errors";
import { type RunId, runId } from "@esteira/core/ids";
import { REPRODUCTION_TAGS, SIGNATURE_FILE, VERDICT_FILE, type Verdict } from "@esteira/core/reproduction";
import type { Client } from "@esteira/sdk/client";
import { readFacts } from "../diff/read-facts.ts";
import { evidenceOf } from "./judge.ts";
import { isSignedBy, knownKey } from "./signing-key.ts";
import { readVerdict } from "./verdict-bytes.ts";

export interface Check {
  readonly name: "signature" | "key" | "runs" | "evidence";
  readonly passed: boolean;
  readonly detail: string;
}

export interface Verification {
  readonly verdict: Verdict;
  readonly checks: readonly Check[];
  readonly passed: boolean;
}

/**
 * Checks the verdict of a run that was reproduced, or that reproduces another: who signed it, whether it is about these runs, and whether
 * both runs still are what it says.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST for a run without a verdict, INVALID_STATE for one that cannot be read.
 */
export async function verifyVerdict(
  client: Client,
  id: RunId,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Verification> {
  const { data } = await client.runs.get(id);
  const of = tagValue(data.tags, REPRODUCTION_TAGS.of);
  const by = of === undefined ? tagValue(data.tags, REPRODUCTION_TAGS.run) : id;
  if (by === undefined) throw notFound(`Run ${id} has no verdict: esteira reproduce ${id} makes one.`);
  const { artifactUri } = (await client.runs.get(runId(by))).info;
  const bytes = await client.artifacts.read(artifactUri, VERDICT_FILE);
  const read = readVerdict(bytes, await client.artifacts.read(artifactUri, SIGNATURE_FILE));
  if ("fault" in read)
    throw new EsteiraError("INVALID_STATE", `The verdict of run ${by} cannot be read: ${read.fault}.`);
  const { verdict, signature } = read;
  const isSigned = isSignedBy(bytes, signature);
  const whose = await knownKey(signature.keyId, env);
  const names = verdict.reproduction === by && (verdict.original === id || verdict.original === of);
  const said = tagValue(data.tags, REPRODUCTION_TAGS.outcome);
  const isSaid = said === verdict.outcome && tagValue(data.tags, REPRODUCTION_TAGS.sha256) === read.sha256;
  const altered = names ? await alteredGroups(client, verdict) : [];
  const checks: Check[] = [
    {
      name: "signature",
      passed: isSigned,
      detail: isSigned ? `the verdict is as ${signature.keyId} signed it` : "it is not of this verdict",
    },
    { name: "key", passed: whose !== undefined, detail: whose ?? `${signature.keyId} is no key that you trust` },
    {
      name: "runs",
      passed: names && isSaid,
      detail: !names
        ? `the verdict is about ${verdict.original} and ${verdict.reproduction}`
        : isSaid
          ? `${verdict.reproduction} repeats ${verdict.original}`
          : `the tags of run ${id} say another verdict than the signed one, which is '${verdict.outcome}'`,
    },
    {
      name: "evidence",
      passed: names && altered.length === 0,
      detail: altered.length === 0 ? "both runs are as they were judged" : `changed since: ${altered.join(", ")}`,
    },
  ];
  return { verdict, checks, passed: checks.every(({ passed }) => passed) };
}

async function alteredGroups(
  client: Client,
  { original, reproduction, evidence }: Verdict,
): Promise<readonly string[]> {
  const altered: string[] = [];
  for (const [id, then] of [
    [original, evidence.original],
    [reproduction, evidence.reproduction],
  ] as const) {
    const now = evidenceOf(await readFacts(client, runId(id)));
    for (const group of Object.keys(now)) if (now[group] !== then[group]) altered.push(`${group} of run ${id}`);
  }
  return altered;
}
