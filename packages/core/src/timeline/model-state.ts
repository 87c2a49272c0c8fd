import type { TimelineEntry } from "./entry.ts";
import { isObject, type Json, type JsonObject, own, type Patches, patched, patchesBetween } from "./json.ts";

/**
 * What the chain knows of a model: `{description, tags: {key: text}, aliases: {name: version}, versions: {"1": {stage,
 * description, source, runId, status, tags}}}`. What is absent or empty is left out.
 */
export type ModelState = JsonObject;

/** Something that the registry holds, or held, and that no entry explains. */
export interface OutsideChange {
  /** The entry that precedes it. */
  readonly after: number;
  readonly model: string;
  /** What the chain says, and what was found: merge patches; null where there is no such model. */
  readonly chain: JsonObject | null;
  readonly found: JsonObject | null;
}

/** The registry as the entries of a chain tell it, one after the other. */
export class RegistryHistory {
  readonly #models = new Map<string, ModelState>();
  #sequence = 0;

  get sequence(): number {
    return this.#sequence;
  }

  get models(): ReadonlyMap<string, ModelState> {
    return this.#models;
  }

  /** Takes the next entry, and answers what it found otherwise than the entries before it had left it. */
  apply(entry: TimelineEntry): OutsideChange | undefined {
    const name = entry.subject.model;
    const state = this.#models.get(name);
    // What stands beside the registry: policies, evidence, approvals, trust, flows.
    if (/^(policy|evidence|approval|trust|flow)\./.test(entry.action)) {
      this.#sequence = entry.sequence;
      return undefined;
    }
    const outside = entry.action === "model.changed-outside" ? undefined : this.#contradiction(entry, state);
    this.#sequence = entry.sequence;
    const { after } = entry;
    if (after === null) {
      this.#models.delete(name);
      return outside;
    }
    if (entry.action === "model.renamed") {
      this.#models.delete(name);
      const newName = own(after, "name");
      if (typeof newName === "string") this.#models.set(newName, state ?? {});
      return outside;
    }
    const base = entry.before === null ? undefined : state;
    const next = patched(base, after);
    if (isObject(next)) this.#models.set(name, next);
    return outside;
  }

  /** What the registry holds that the chain does not say, model by model. */
  differences(found: ReadonlyMap<string, ModelState>): readonly OutsideChange[] {
    const names = [...new Set([...this.#models.keys(), ...found.keys()])].sort();
    return names.flatMap((model) => {
      const patches = between(this.#models.get(model), found.get(model));
      return patches === undefined ? [] : [{ after: this.#sequence, model, ...patches }];
    });
  }

  #contradiction(entry: TimelineEntry, state: ModelState | undefined): OutsideChange | undefined {
    const model = entry.subject.model;
    const at = { after: this.#sequence, model };
    if (entry.before === null) return state === undefined ? undefined : { ...at, chain: state, found: null };
    if (entry.action === "model.renamed") return state === undefined ? { ...at, chain: null, found: {} } : undefined;
    const wrong = contradicted(state ?? {}, entry.before);
    if (wrong !== undefined) return { ...at, chain: state === undefined ? null : wrong.before, found: wrong.after };
    return state === undefined ? { ...at, chain: null, found: entry.before } : undefined;
  }
}

function between(
  chain: ModelState | undefined,
  found: ModelState | undefined,
): { chain: JsonObject | null; found: JsonObject | null } | undefined {
  if (chain === undefined || found === undefined) {
    return chain === found ? undefined : { chain: chain ?? null, found: found ?? null };
  }
  const patches = patchesBetween(chain, found);
  return patches && { chain: patches.before, found: patches.after };
}

/** Where a state is not what a patch says that it was; undefined where it agrees in all that the patch names. */
function contradicted(state: JsonObject, before: JsonObject): Patches | undefined {
  const chain: Record<string, Json> = {};
  const found: Record<string, Json> = {};
  for (const [key, value] of Object.entries(before)) {
    const known = own(state, key);
    if (known === value || (value === null && known === undefined)) continue;
    if (isObject(value)) {
      const inner = contradicted(isObject(known) ? known : {}, value);
      if (inner === undefined) continue;
      chain[key] = inner.before;
      found[key] = inner.after;
    } else {
      chain[key] = known ?? null;
      found[key] = value;
    }
  }
  return Object.keys(chain).length === 0 ? undefined : { before: chain, after: found };
}
