/** Takes away what no endpoint needs any more: configurations and models of a deployment. */

import type { SageMaker } from "@aws-sdk/client-sagemaker";
import { asked, explained, ifThere, isTaken } from "./errors.ts";
import { generationOf, isModelName, ownTags } from "./requests.ts";
import { configsOf, orderTags, type Placed, tombstone } from "./state.ts";

/**
 * Deletes all but these configurations, and the models of none of them. What is of a later generation somebody else has begun.
 *
 * @returns how many were deleted
 */
export async function clear(
  client: SageMaker,
  name: string,
  keep: readonly string[],
  generation: number,
): Promise<number> {
  const configs = await configsOf(client, name);
  const isKept = (config: string) =>
    keep.includes(config) || config === tombstone(name) || (generationOf(name, config) ?? 0) > generation;
  const kept = configs.filter((config) => isKept(config) && config !== tombstone(name));
  const used = new Set((await Promise.all(kept.map((config) => modelsOf(client, config)))).flat());
  let deleted = 0;
  for (const config of configs.filter((one) => !isKept(one))) {
    await ifThere(`delete the configuration ${config}`, () =>
      client.deleteEndpointConfig({ EndpointConfigName: config }),
    );
    deleted++;
  }
  for (const model of await modelsNamed(client, name)) {
    if (used.has(model)) continue;
    await ifThere(`delete the model ${model}`, () => client.deleteModel({ ModelName: model }));
    deleted++;
  }
  return deleted;
}

async function modelsOf(client: SageMaker, config: string): Promise<readonly string[]> {
  const found = await ifThere(`describe the configuration ${config}`, () =>
    client.describeEndpointConfig({ EndpointConfigName: config }),
  );
  return [...(found?.ProductionVariants ?? []), ...(found?.ShadowProductionVariants ?? [])].flatMap(
    ({ ModelName }) => ModelName ?? [],
  );
}

async function modelsNamed(client: SageMaker, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await asked("list models", () =>
      client.listModels({ NameContains: `${name}-esteira-m`, MaxResults: 100, NextToken }),
    );
    for (const { ModelName = "" } of page.Models ?? []) if (isModelName(name, ModelName)) found.push(ModelName);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** Leaves the number of the newest change behind, so that an old deployer does not bring back what its successor has removed. */
export async function bury(client: SageMaker, { revision, models }: Placed, order: number): Promise<void> {
  const { name } = revision.wanted;
  const Tags = [...ownTags(name), ...orderTags(order)];
  const [ModelName] = models;
  try {
    await client.createEndpointConfig({
      EndpointConfigName: tombstone(name),
      ProductionVariants: [{ VariantName: "primary", ModelName, InstanceType: "ml.m5.large", InitialInstanceCount: 1 }],
      Tags,
    });
  } catch (error) {
    if (!isTaken(error)) throw explained(error, `keep the number of the change of ${name}`);
    const found = await asked("describe a configuration", () =>
      client.describeEndpointConfig({ EndpointConfigName: tombstone(name) }),
    );
    await asked("tag a configuration", () => client.addTags({ ResourceArn: found.EndpointConfigArn, Tags }));
  }
}
