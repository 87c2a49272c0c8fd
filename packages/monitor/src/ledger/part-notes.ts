/** What a file of a ledger says of itself, in its footer: so no other file must agree with it. */

import { z } from "zod";

export const NOTES_KEY = "esteira.ledger";

const notesWire = z.object({
  format: z.literal(1),
  /** The last entry of each source that was read when the file was written: the file holds all of its day up to there. */
  sources: z.record(z.string(), z.int().nonnegative()),
  /** Files of the same day whose rows this one holds: they count no more. */
  replaces: z.array(z.string()),
  /** The models that decided, with the names of the features that each was shown. */
  models: z.array(
    z.object({ name: z.string(), version: z.string(), digest: z.string(), features: z.array(z.string()) }),
  ),
});
export type PartNotes = z.output<typeof notesWire>;
export type NotedModel = PartNotes["models"][number];

/** The notes of a file; undefined for one that no ledger has written. */
export function parseNotes(
  metadata: readonly { readonly key: string; readonly value?: string | undefined }[] | undefined,
): PartNotes | undefined {
  const text = metadata?.find(({ key }) => key === NOTES_KEY)?.value;
  if (text === undefined) return undefined;
  try {
    return notesWire.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Notes of one file that holds what several hold. */
export function mergeNotes(parts: readonly { readonly name: string; readonly notes: PartNotes }[]): PartNotes {
  const sources: Record<string, number> = {};
  const models = new Map<string, NotedModel>();
  for (const { notes } of parts) {
    for (const [source, to] of Object.entries(notes.sources)) sources[source] = Math.max(sources[source] ?? 0, to);
    for (const model of notes.models) addModel(models, model);
  }
  return { format: 1, sources, replaces: parts.map(({ name }) => name), models: [...models.values()] };
}

/** Adds a model, or its features to those of the same model. */
export function addModel(models: Map<string, NotedModel>, model: NotedModel): void {
  const key = `${model.name}\n${model.version}\n${model.digest}`;
  const known = models.get(key);
  models.set(key, { ...model, features: [...new Set([...(known?.features ?? []), ...model.features])].sort() });
}
