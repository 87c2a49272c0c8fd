import { z } from "zod";
import { type Api, isReason } from "./api.ts";
import { collectionPath, type Kind, type KubeObject, type Live, liveWire, objectPath } from "./object.ts";

export interface Cluster {
  readonly api: Api;
  readonly namespace: string;
  get(kind: Kind, name: string): Promise<Live | undefined>;
  /** By labels; empty where the cluster does not know the kind. */
  list(kind: Kind, labels: Readonly<Record<string, string>>): Promise<readonly Live[]>;
  /** Makes an object, or makes it so, by server-side apply: fields that others set stay theirs. */
  apply(object: KubeObject, options: ApplyObject): Promise<Live>;
  scale(deployment: string, pods: number): Promise<void>;
  /** False when there was nothing. */
  remove(kind: Kind, name: string, signal?: AbortSignal): Promise<boolean>;
}

export interface ApplyObject {
  /** Lets the cluster check and complete it, and changes nothing. */
  readonly dryRun?: boolean;
  /** Takes fields that others set. */
  readonly force?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const MANAGER = "esteira";
const listWire = z.looseObject({
  items: z.array(liveWire),
  metadata: z.looseObject({ continue: z.string().optional() }),
});

export const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

export function cluster(api: Api, namespace: string): Cluster {
  const at = (kind: Kind, name: string): string => `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
  return {
    api,
    namespace,
    async get(kind, name) {
      try {
        const { text } = await api.call({ method: "GET", path: at(kind, name), about: `${kind} ${name}` });
        return liveWire.parse(JSON.parse(text));
      } catch (error) {
        if (isReason(error, 404)) return undefined;
        throw error;
      }
    },
    async list(kind, labels) {
      const found: Live[] = [];
      let next: string | undefined;
      do {
        const query = {
          labelSelector: selectorOf(labels),
          limit: "500",
          ...(next === undefined ? {} : { continue: next }),
        };
        try {
          const path = collectionPath(kind, namespace);
          const { text } = await api.call({ method: "GET", path, query, about: `the objects of kind ${kind}` });
          const page = listWire.parse(JSON.parse(text));
          found.push(...page.items);
          next = page.metadata.continue === "" ? undefined : page.metadata.continue;
        } catch (error) {
          if (isReason(error, 404)) return [];
          throw error;
        }
      } while (next !== undefined);
      return found;
    },
    async apply(object, { dryRun = false, force = false, signal }) {
      const { text } = await api.call({
        method: "PATCH",
        path: objectPath(object),
        query: {
          fieldManager: MANAGER,
          force: String(force),
          fieldValidation: "Strict",
          ...(dryRun ? { dryRun: "All" } : {}),
        },
        // JSON is YAML, which this type is named for.
        contentType: "application/apply-patch+yaml",
        body: object,
        about: `${object.kind} ${object.metadata.name}`,
        signal,
      });
      return liveWire.parse(JSON.parse(text));
    },
    async scale(deployment, pods) {
      await api.call({
        method: "PATCH",
        path: `${at("Deployment", deployment)}/scale`,
        query: { fieldManager: `${MANAGER}-scale` },
        contentType: "application/merge-patch+json",
        body: { spec: { replicas: pods } },
        about: `the number of pods of Deployment ${deployment}`,
      });
    },
    async remove(kind, name, signal) {
      try {
        await api.call({
          method: "DELETE",
          path: at(kind, name),
          body: { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" },
          about: `${kind} ${name}`,
          signal,
        });
        return true;
      } catch (error) {
        if (isReason(error, 404)) return false;
        throw error;
      }
    },
  };
}
