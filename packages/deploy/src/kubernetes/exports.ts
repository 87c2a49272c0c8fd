/** A deployment's objects as files, for those who give them to a cluster by other means. */

import { stringify } from "yaml";
import { serversOf } from "../traffic/servers.ts";
import type { Manifests } from "./manifests.ts";
import type { KubeObject } from "./object.ts";
import type { Revision } from "./revision.ts";

export const EXPORT_FORMATS = ["yaml", "kustomize", "helm"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export interface ExportedFile {
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

export function exported(format: ExportFormat, revision: Revision, manifests: Manifests): readonly ExportedFile[] {
  const { name } = revision.wanted;
  const objects = manifests.objects.map((object) => withPods(object, manifests));
  if (format === "helm") return chart(revision, objects);
  if (format === "yaml") return [{ path: `${name}.yaml`, text: objects.map(document).join("---\n") }];
  const files = objects.map((object) => ({ path: `${fileOf(object)}`, text: document(object) }));
  const index = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: files.map(({ path }) => path),
  };
  return [...files, { path: "kustomization.yaml", text: document(index) }];
}

const document = (value: unknown): string => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

const fileOf = ({ kind, metadata }: KubeObject): string => `${metadata.name}-${kind.toLowerCase()}.yaml`;

/** Esteira sets the number of pods apart from the rest; a file says it, where nothing scales it by load. */
function withPods(object: KubeObject, { scales }: Manifests): KubeObject {
  const scale = scales.find(({ deployment }) => object.kind === "Deployment" && object.metadata.name === deployment);
  if (scale === undefined || scale.isFewest || typeof object.spec !== "object" || object.spec === null) return object;
  return { ...object, spec: { replicas: scale.pods, ...object.spec } };
}

function chart({ wanted, settings }: Revision, objects: readonly KubeObject[]): readonly ExportedFile[] {
  const shadow = serversOf(wanted).find(({ track }) => track === "shadow")?.image;
  const values = {
    image: wanted.image,
    ...(wanted.canary?.image === undefined ? {} : { canaryImage: wanted.canary.image }),
    ...(shadow === undefined ? {} : { shadowImage: shadow }),
    replicas: settings.replicas,
    ...(settings.maxReplicas === undefined ? {} : { maxReplicas: settings.maxReplicas }),
    cpu: settings.cpu,
    memory: settings.memory,
    ...(settings.host === undefined ? {} : { host: settings.host }),
  };
  const about = {
    apiVersion: "v2",
    name: wanted.name,
    description: `The model ${wanted.model}, served`,
    type: "application",
    version: "0.1.0",
  };
  return [
    { path: "Chart.yaml", text: document(about) },
    { path: "values.yaml", text: document(values) },
    ...objects.map((object) => ({ path: `templates/${fileOf(object)}`, text: template(object, wanted.name) })),
  ];
}

/** An object with what values.yaml says in the place of its own values. */
function template(object: KubeObject, name: string): string {
  const expressions: string[] = [];
  // Characters for private use stand for an expression until the YAML is written: they need no quotes, and no object has them.
  const hole = (expression: string): string => `\ue000${expressions.push(expression) - 1}\ue001`;
  const beside = object.kind === "Deployment" ? object.metadata.name.slice(name.length + 1) : "";
  const text = document(holed(object, [], beside, hole));
  return text.replace(/\ue000(\d+)\ue001/g, (_, index: string) => `{{ ${expressions[Number(index)]} }}`);
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/^metadata\.namespace$/, ".Release.Namespace"],
  [/^spec\.(replicas|minReplicas)$/, ".Values.replicas"],
  [/^spec\.maxReplicas$/, ".Values.maxReplicas"],
  [/\.resources\.requests\.cpu$/, ".Values.cpu | quote"],
  [/\.resources\.(requests|limits)\.memory$/, ".Values.memory | quote"],
  [/^spec\.(hostnames\.\d+|tls\.\d+\.hosts\.\d+|rules\.\d+\.host)$/, ".Values.host | quote"],
];

function holed(value: unknown, path: readonly string[], beside: string, hole: (expression: string) => string): unknown {
  const at = path.join(".");
  // The router runs by the primary's image.
  if (at.endsWith(".containers.0.image"))
    return hole(`.Values.${beside === "canary" || beside === "shadow" ? `${beside}Image` : "image"} | quote`);
  const rule = RULES.find(([pattern]) => pattern.test(at));
  if (rule !== undefined && !(beside !== "" && at === "spec.replicas")) return hole(rule[1]);
  // Braces of the object's own are said as a word of Helm's language, which would read them otherwise.
  if (typeof value === "string") return value.includes("{{") ? hole(`${JSON.stringify(value)} | quote`) : value;
  if (Array.isArray(value)) return value.map((item, i) => holed(item, [...path, String(i)], beside, hole));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, holed(item, [...path, key], beside, hole)]),
  );
}
