import type { OwnerQuestion } from "@esteira/core/access-store";
import { parseModelsUri } from "../registry/models-uri.ts";
import type { Need } from "./policy.ts";

/** A need with the values that the request gives for it. */
export interface Named {
  readonly need: Need;
  readonly values: readonly string[];
}

/** What a request holds: its parsed fields, and the parameters of its path. */
export interface RequestFields {
  readonly input: unknown;
  readonly params: Readonly<Record<string, unknown>>;
}

export const named = (needs: readonly Need[], fields: RequestFields): readonly Named[] =>
  needs.map((need) => ({ need, values: "from" in need ? valuesAt(need.from, fields) : [] }));

/** `run_id`, `:model_id`, `metrics[].model_id`: the texts found there, each once. Absent and empty ones name nothing. */
export function valuesAt(from: string, { input, params }: RequestFields): readonly string[] {
  if (from.startsWith(":")) return texts([params[from.slice(1)]]);
  let found: readonly unknown[] = [input];
  for (const step of from.split(".")) {
    const key = step.replace(/\[\]$/, "");
    found = found.map((value) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined));
    if (step.endsWith("[]")) found = found.flatMap((value) => (Array.isArray(value) ? value : []));
  }
  return texts(found);
}

const texts = (values: readonly unknown[]): readonly string[] => [
  ...new Set(values.filter((value): value is string => typeof value === "string" && value !== "")),
];

/** The look-ups that the needs of one request take, all asked at once. */
export function ownerQuestion(needs: readonly Named[], locationOf: (path: string) => string): OwnerQuestion {
  const of = (...subjects: readonly string[]) => [
    ...new Set(needs.filter(({ need }) => subjects.includes(subjectOf(need))).flatMap(({ values }) => values)),
  ];
  const sources = of("version source").map(sourceOwner);
  const pick = (kind: "run" | "logged model" | "model") =>
    sources.flatMap((source) => (source?.kind === kind ? [source.id] : []));
  return {
    runs: [...of("run"), ...pick("run")],
    loggedModels: [...of("logged model"), ...pick("logged model")],
    models: [...of("model", "whole model", "version", "new version"), ...pick("model")],
    experimentNames: of("experiment name"),
    locations: [...of("artifact path").map(locationOf), ...of("free-place")],
  };
}

const subjectOf = (need: Need): string =>
  need.kind === "resource" ? need.of : need.kind === "new" ? `new ${need.what}` : need.kind;

/** What a model version's source names, where it names something of this server's. */
export function sourceOwner(
  source: string,
): { readonly kind: "run" | "logged model" | "model"; readonly id: string } | undefined {
  const run = /^runs:\/+([^/]+)/i.exec(source)?.[1];
  if (run !== undefined) return { kind: "run", id: run };
  const uri = parseModelsUri(source.replace(/^models:\/+/i, "models:/"));
  if (uri === undefined) return undefined;
  return uri.kind === "id" ? { kind: "logged model", id: uri.id } : { kind: "model", id: uri.name };
}
