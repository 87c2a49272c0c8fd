import { EsteiraError } from "@esteira/core/errors";
import type { FoundModel } from "@esteira/lifecycle/desired/plan";
import type { Client } from "@esteira/sdk/client";
import { everyPage } from "@esteira/sdk/search";

const DIGEST = "esteira.model.sha256";

/** The registered models of these names as the server has them; those that are not there are absent. */
export async function foundModels(client: Client, names: readonly string[]): Promise<ReadonlyMap<string, FoundModel>> {
  const found = new Map<string, FoundModel>();
  for (const name of names) {
    const model = await orNothing(client.registeredModels.get(name), "RESOURCE_DOES_NOT_EXIST");
    if (model === undefined) continue;
    // Who moved what, and what is protected, is told by an Esteira server only: a plan against MLflow goes without.
    const policy = await orNothing(client.policies.get(name), "RESOURCE_DOES_NOT_EXIST", "NOT_IMPLEMENTED");
    const moved: Record<string, string> = {};
    for (const { alias } of model.aliases) {
      const standing = await orNothing(client.timeline.standing(name, { alias }), "NOT_IMPLEMENTED");
      const since = standing?.since;
      if (since === undefined) continue;
      moved[alias] = `by ${since.actor.name} (${since.actor.origin}) at ${new Date(since.at).toISOString()}`;
    }
    found.set(name, {
      aliases: Object.fromEntries(model.aliases.map(({ alias, version }) => [alias, version])),
      versions: await versionsOf(client, name),
      moved,
      protectedAliases: policy?.aliases ?? [],
    });
  }
  return found;
}

async function versionsOf(client: Client, name: string): Promise<FoundModel["versions"]> {
  const quote = name.includes("'") ? '"' : "'";
  const filter = `name = ${quote}${name}${quote}`;
  const versions: { version: string; digest: string | undefined }[] = [];
  for await (const { version, tags } of everyPage((page) => client.modelVersions.search({ filter, ...page }))) {
    versions.push({ version, digest: tags.find(({ key }) => key === DIGEST)?.value.replace(/^sha256:/, "") });
  }
  return versions;
}

async function orNothing<T>(answer: Promise<T>, ...codes: readonly EsteiraError["code"][]): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof EsteiraError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
