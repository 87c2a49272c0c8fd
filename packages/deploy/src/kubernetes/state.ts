/**
 * What a cluster remembers of a deployment: a ConfigMap beside its objects. It is written against the version that was read, so two who
 * deploy at once never both change it, and it names who is at work.
 */

import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import { isReason } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { ownLabels } from "./manifests.ts";
import { collectionPath } from "./object.ts";
import { revisionWire } from "./revision.ts";
import { countsWire } from "./scorer-metrics.ts";

const stateWire = z.strictObject({
  format: z.literal(1),
  /** Of the newest change: see ApplyOptions. */
  order: z.int(),
  /** Counts the changes; 0 where nothing was deployed yet, or it was removed. */
  generation: z.int(),
  /** What answers. */
  serving: revisionWire.optional(),
  /** What answered before. */
  former: revisionWire.optional(),
  /** What is being brought about; left behind by a deployer that was stopped. */
  pending: revisionWire.optional(),
  /** What the pods had counted when the newest change had come about, by their uid. */
  counted: z.record(z.string(), countsWire).optional(),
  /** How often their processes had been started again by then. */
  restarts: z.int().optional(),
  /** Who is changing it, until when at the least. By the cluster's clock, in milliseconds. */
  holder: z.strictObject({ id: z.string(), who: z.string(), until: z.number() }).optional(),
});
export type State = z.output<typeof stateWire>;

export interface Kept {
  readonly name: string;
  readonly state: State;
  readonly resourceVersion: string;
}

export const NOTHING: State = { format: 1, order: 0, generation: 0 };

const COMPONENT = { "app.kubernetes.io/component": "state" };
const KEY = "state";
const liveWire = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  data: z.record(z.string(), z.string()).optional(),
});
const listWire = z.looseObject({ items: z.array(liveWire) });

export const stateName = (name: string): string => `${name}-esteira`;
export const isState = (labels: Readonly<Record<string, string>> | undefined): boolean =>
  labels?.["app.kubernetes.io/component"] === "state";

export async function readState(
  { api, namespace }: Cluster,
  name: string,
): Promise<(Kept & { readonly at: number }) | undefined> {
  try {
    const path = `${collectionPath("ConfigMap", namespace)}/${stateName(name)}`;
    const { text, at } = await api.call({ method: "GET", path, about: `the state of the deployment ${name}` });
    return { ...kept(liveWire.parse(JSON.parse(text)), name), at };
  } catch (error) {
    if (isReason(error, 404)) return undefined;
    throw error;
  }
}

export async function listStates({ api, namespace }: Cluster): Promise<readonly Kept[]> {
  const { text } = await api.call({
    method: "GET",
    path: collectionPath("ConfigMap", namespace),
    query: { labelSelector: "app.kubernetes.io/managed-by=esteira,app.kubernetes.io/component=state" },
    about: `the deployments of the namespace ${namespace}`,
  });
  return listWire
    .parse(JSON.parse(text))
    .items.map((item) => kept(item, item.metadata.labels?.["app.kubernetes.io/instance"] ?? ""));
}

/**
 * @param resourceVersion that was read; undefined where there was nothing.
 * @throws EsteiraError TEMPORARILY_UNAVAILABLE when somebody else has written it since.
 */
export async function writeState(
  { api, namespace }: Cluster,
  name: string,
  state: State,
  resourceVersion: string | undefined,
): Promise<Kept> {
  const collection = collectionPath("ConfigMap", namespace);
  const body = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: stateName(name),
      namespace,
      labels: { ...ownLabels(name), ...COMPONENT },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: { [KEY]: JSON.stringify(state) },
  };
  try {
    const { text } = await api.call({
      method: resourceVersion === undefined ? "POST" : "PUT",
      path: resourceVersion === undefined ? collection : `${collection}/${stateName(name)}`,
      query: { fieldManager: "esteira", fieldValidation: "Strict" },
      body,
      about: `the state of the deployment ${name}`,
    });
    return { name, state, resourceVersion: liveWire.parse(JSON.parse(text)).metadata.resourceVersion };
  } catch (error) {
    if (isReason(error, 409)) throw new Overtaken(name);
    throw error;
  }
}

/** Thrown to whoever is not, or no longer, the one who changes a deployment. */
export class Overtaken extends EsteiraError {
  constructor(name: string, who?: string) {
    super(
      "TEMPORARILY_UNAVAILABLE",
      `Somebody else${who === undefined ? "" : ` (${who})`} is changing the deployment ${name}: try again later.`,
    );
  }
}

function kept({ metadata, data }: z.output<typeof liveWire>, name: string): Kept {
  const { data: state, error } = stateWire.safeParse(json(data?.[KEY]));
  if (state !== undefined) return { name, state, resourceVersion: metadata.resourceVersion };
  throw new EsteiraError(
    "INVALID_STATE",
    `The ConfigMap ${stateName(name)} is not what a deployment keeps there (${error.issues[0]?.path.join(".") || "data.state"}): it was written by somebody else or by a newer esteira.`,
  );
}

function json(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
