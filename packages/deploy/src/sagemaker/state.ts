/**
 * What AWS remembers of a deployment: an endpoint's configuration cannot be changed, so the tags of each say which revision it is, and which one
 * was before it. Only a share that was moved afterwards stands in a tag of the endpoint.
 */

import type { DescribeEndpointOutput, SageMaker, Tag } from "@aws-sdk/client-sagemaker";
import { EsteiraError } from "@esteira/core/errors";
import { asked, ifThere } from "./errors.ts";
import { configName, generationOf } from "./requests.ts";
import { type Revision, revisionWire, withShare } from "./revision.ts";

/** Where something that can be gone back to is: a configuration, and the share that its canary had. */
export interface Place {
  readonly config: string;
  readonly share?: number;
}

/** A configuration of ours. */
export interface Placed {
  readonly config: string;
  readonly generation: number;
  readonly revision: Revision;
  readonly former?: Place;
  readonly models: readonly string[];
  /** By AWS's clock. */
  readonly createdAt: number;
}

export type Endpoint = DescribeEndpointOutput & { readonly tags: ReadonlyMap<string, string> };

export interface State {
  readonly endpoint?: Endpoint;
  /** What the endpoint is of, or is to be of when it is being made. */
  readonly placed?: Placed;
  /** What it is being changed to. */
  readonly pending?: Placed;
  /** Of the newest change. */
  readonly order: number;
}

const TAG_LENGTH = 256;
const SHIFTED = "esteira:shifted";
const ORDER = "esteira:order";

/** The tags of a configuration. Variables of the scorer stand in its models alone. */
export function stateTags(revision: Revision, former: Place | undefined, order: number): readonly Tag[] {
  const { env: _, ...settings } = revision.settings;
  const text = Buffer.from(JSON.stringify({ ...revision, settings })).toString("base64");
  const pieces = text.match(new RegExp(`.{1,${TAG_LENGTH}}`, "g")) ?? [];
  return [
    { Key: ORDER, Value: String(order) },
    ...(former === undefined ? [] : [{ Key: "esteira:former", Value: placeText(former) }]),
    ...pieces.map((Value, n) => ({ Key: `esteira:revision-${n}`, Value })),
  ];
}

const placeText = ({ config, share }: Place): string => (share === undefined ? config : `${config}@${share}`);
function placeOf(text: string | undefined): Place | undefined {
  if (text === undefined) return undefined;
  const [config = "", share] = text.split("@");
  return { config, ...(share === undefined ? {} : { share: Number(share) }) };
}

/** A share that was moved without a new configuration: the tags of the endpoint that say it. */
export const shiftTags = (config: string, generation: number, share: number, formerShare: number): readonly Tag[] => [
  { Key: SHIFTED, Value: [config, generation, share, formerShare].join("/") },
];

export const orderTags = (order: number): readonly Tag[] => [{ Key: ORDER, Value: String(order) }];

async function tagsOf(client: SageMaker, arn: string): Promise<ReadonlyMap<string, string>> {
  const tags = new Map<string, string>();
  let NextToken: string | undefined;
  do {
    const page = await asked("list tags", () => client.listTags({ ResourceArn: arn, NextToken }));
    for (const { Key = "", Value = "" } of page.Tags ?? []) tags.set(Key, Value);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return tags;
}

/** @throws EsteiraError INVALID_STATE when it is there and not of a deployment. */
export async function readConfig(client: SageMaker, name: string, config: string): Promise<Placed | undefined> {
  const described = await ifThere(`describe the configuration ${config}`, () =>
    client.describeEndpointConfig({ EndpointConfigName: config }),
  );
  if (described?.EndpointConfigArn === undefined) return undefined;
  const tags = await tagsOf(client, described.EndpointConfigArn);
  const variants = [...(described.ProductionVariants ?? []), ...(described.ShadowProductionVariants ?? [])];
  const models = variants.map(({ ModelName }) => ModelName ?? "");
  const text = [...Array(50).keys()].map((n) => tags.get(`esteira:revision-${n}`) ?? "").join("");
  const env = async () => {
    const [primary = ""] = models;
    const model = await ifThere(`describe the model ${primary}`, () => client.describeModel({ ModelName: primary }));
    return model?.PrimaryContainer?.Environment ?? {};
  };
  const generation = generationOf(name, config);
  const { data, error } = revisionWire.safeParse(withEnv(text, await env()));
  if (data === undefined || generation === undefined) {
    throw new EsteiraError(
      "INVALID_STATE",
      `The endpoint configuration ${config} is not what a deployment makes (${error?.issues[0]?.path.join(".") ?? "its name"}): it was written by somebody else or by a newer esteira. Deploy under another name.`,
    );
  }
  const former = placeOf(tags.get("esteira:former"));
  return {
    ...{ config, generation, revision: data, models, createdAt: described.CreationTime?.getTime() ?? 0 },
    ...(former === undefined ? {} : { former }),
  };
}

function withEnv(text: string, env: Readonly<Record<string, string>>): unknown {
  try {
    const parsed: { settings?: object } = JSON.parse(Buffer.from(text, "base64").toString("utf8"));
    return { ...parsed, settings: { ...parsed.settings, env } };
  } catch {
    return undefined;
  }
}

export async function readState(client: SageMaker, name: string): Promise<State> {
  const described = await ifThere(`describe the endpoint ${name}`, () =>
    client.describeEndpoint({ EndpointName: name }),
  );
  if (described?.EndpointArn === undefined) return { order: await keptOrder(client, name) };
  const endpoint: Endpoint = { ...described, tags: await tagsOf(client, described.EndpointArn) };
  if (endpoint.tags.get("esteira:deployment") !== name) {
    throw new EsteiraError(
      "INVALID_STATE",
      `The endpoint ${name} was not made by esteira, and is left as it is: deploy under another name.`,
    );
  }
  const { EndpointConfigName = "", PendingDeploymentSummary } = described;
  const base = await readConfig(client, name, EndpointConfigName);
  const pendingName = PendingDeploymentSummary?.EndpointConfigName;
  const pending =
    pendingName === undefined || pendingName === EndpointConfigName
      ? undefined
      : await readConfig(client, name, pendingName);
  return {
    ...{ endpoint, order: Number(endpoint.tags.get(ORDER) ?? 0) },
    ...(base === undefined ? {} : { placed: shifted(base, endpoint.tags.get(SHIFTED)) }),
    ...(pending === undefined ? {} : { pending }),
  };
}

function shifted(placed: Placed, tag: string | undefined): Placed {
  const [config, generation, share, formerShare] = tag?.split("/") ?? [];
  if (config !== placed.config) return placed;
  const { revision } = placed;
  return {
    ...placed,
    generation: Number(generation),
    revision: { ...revision, wanted: withShare(revision.wanted, Number(share)) },
    former: { config, share: Number(formerShare) },
  };
}

/** What was before, where it is still there. */
export async function formerOf(client: SageMaker, name: string, placed: Placed): Promise<Revision | undefined> {
  const { former } = placed;
  if (former === undefined) return undefined;
  const found = await readConfig(client, name, former.config);
  return found && { ...found.revision, wanted: withShare(found.revision.wanted, former.share) };
}

/** The configurations that are called as this deployment's are. */
export async function configsOf(client: SageMaker, name: string): Promise<readonly string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await asked("list endpoint configurations", () =>
      client.listEndpointConfigs({ NameContains: `${name}-esteira-g`, MaxResults: 100, NextToken }),
    );
    for (const { EndpointConfigName = "" } of page.EndpointConfigs ?? [])
      if (generationOf(name, EndpointConfigName) !== undefined) found.push(EndpointConfigName);
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return found;
}

/** A removed deployment leaves a configuration behind that says which change was the newest, where changes were numbered. */
export const tombstone = (name: string): string => configName(name, 0);

async function keptOrder(client: SageMaker, name: string): Promise<number> {
  const described = await ifThere(`describe the configuration ${tombstone(name)}`, () =>
    client.describeEndpointConfig({ EndpointConfigName: tombstone(name) }),
  );
  if (described?.EndpointConfigArn === undefined) return 0;
  return Number((await tagsOf(client, described.EndpointConfigArn)).get(ORDER) ?? 0);
}
