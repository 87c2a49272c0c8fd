/** Which model a span is read for. */

import { invalid, notFound } from "@esteira/core/errors";
import { existingDays, listParts } from "../ledger/parts.ts";
import { partsOf, type Span, spanRows } from "./span.ts";

export interface ModelChoice {
  /** The only one that decided unless given. */
  readonly model?: string | undefined;
  /** The one with the most decisions unless given. */
  readonly version?: string | undefined;
}

export interface ModelInSpan {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** Other versions that decided in the span, those with most decisions first. */
  readonly others: readonly { readonly version: string; readonly decisions: number }[];
}

/**
 * Throws INVALID_PARAMETER_VALUE where several models decided and none is named, RESOURCE_DOES_NOT_EXIST where the named one never did. Where nobody
 * decided in the span it is the model that decided last.
 */
export async function modelInSpan(ledger: string, span: Span, choice: ModelChoice): Promise<ModelInSpan> {
  const counts = new Map<string, { name: string; version: string; digest: string; decisions: number }>();
  const wanted = new Set(["model", "version", "digest"]);
  for await (const { rows, times } of spanRows(await partsOf(ledger, span), (name) => wanted.has(name))) {
    const [models, versions, digests] = [rows.cells("model"), rows.cells("version"), rows.cells("digest")];
    times.forEach((time, row) => {
      if (time < span.from || time >= span.to) return;
      const [name, version, digest] = [String(models?.[row]), String(versions?.[row]), String(digests?.[row])];
      const found = counts.get(`${name}\n${version}`);
      if (found === undefined) counts.set(`${name}\n${version}`, { name, version, digest, decisions: 1 });
      else {
        found.decisions++;
        found.digest = digest;
      }
    });
  }
  const found = [...counts.values()].filter(({ name }) => choice.model === undefined || name === choice.model);
  const names = new Set(found.map(({ name }) => name));
  if (names.size > 1)
    throw invalid(`Several models decided in this span (${[...names].sort().join(", ")}): say which with --model.`);
  found.sort((a, b) => b.decisions - a.decisions);
  const chosen = found.find(({ version }) => choice.version === undefined || version === choice.version);
  if (chosen === undefined) return lastModel(ledger, choice);
  return { ...chosen, others: found.filter((one) => one !== chosen) };
}

async function lastModel(ledger: string, { model, version }: ModelChoice): Promise<ModelInSpan> {
  for (const day of (await existingDays(ledger)).toReversed())
    for (const { notes } of (await listParts(ledger, day)).toReversed())
      for (const one of notes.models)
        if ((model ?? one.name) === one.name && (version ?? one.version) === one.version) return { ...one, others: [] };
  const who = [
    ...(model === undefined ? [] : [`model '${model}'`]),
    ...(version === undefined ? [] : [`version ${version}`]),
  ];
  throw notFound(`The ledger '${ledger}' has no decision of ${who.join(", ")}: see its columns model and version.`);
}
