import type { Stage } from "@esteira/core/entities/registered-model";
import { STAGES } from "@esteira/core/entities/registered-model";
import { invalid } from "@esteira/core/errors";
import { modelVersionClient } from "../api/model-version-client.ts";
import { registeredModelClient } from "../api/registered-model-client.ts";
import { type Plan, planOf } from "./promotion-plan.ts";

/** Somebody else was faster: what was shown is no longer what would change. */
export class Overtaken extends Error {
  readonly holders: readonly string[];

  constructor(holders: readonly string[]) {
    super(`Meanwhile the holders are ${holders.join(", ")}.`);
    this.holders = holders;
  }
}

/**
 * Does what a plan says, if all is still as it was when it was made.
 *
 * @throws Overtaken when others stand there now; the server's refusal when a policy stands against it.
 */
export async function promote(name: string, plan: Plan): Promise<void> {
  const now = await holders(name, plan);
  if (now.join(" ") !== [...plan.before].sort().join(" ")) throw new Overtaken(now);
  const { target, version } = plan;
  if ("alias" in target) await registeredModelClient.setAlias(name, target.alias, version);
  else await moveTo(name, version, stageOf(target.stage), plan.archived.length > 0);
}

/** Puts back what `promote` has changed. */
export async function takeBack(name: string, plan: Plan): Promise<void> {
  const { target, version, before } = plan;
  if ("alias" in target) {
    const [former] = before;
    if (former === undefined) await registeredModelClient.deleteAlias(name, target.alias);
    else await registeredModelClient.setAlias(name, target.alias, former);
    return;
  }
  await moveTo(name, version, plan.leaves ?? "None", false);
  for (const former of plan.archived) await moveTo(name, former, stageOf(target.stage), false);
}

async function holders(name: string, { target, version }: Plan): Promise<readonly string[]> {
  const model = await registeredModelClient.get(name);
  if ("alias" in target) return [...planOf(version, target, { aliases: model.aliases, versions: [] }).before].sort();
  const filter = `name = ${name.includes("'") ? `"${name}"` : `'${name}'`}`;
  const { items: versions } = await modelVersionClient.search({ filter, maxResults: 1000 });
  return [...planOf(version, target, { aliases: [], versions }).before].sort();
}

const moveTo = (name: string, version: string, stage: Stage, archiveExistingVersions: boolean) =>
  modelVersionClient.transitionStage(name, version, { stage, archiveExistingVersions });

function stageOf(name: string): Stage {
  const stage = STAGES.find((one) => one === name);
  if (stage === undefined) throw invalid(`There is no stage '${name}'.`);
  return stage;
}
