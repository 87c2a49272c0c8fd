import { ACTIONS, type TimelineAction, type TimelineEntry } from "./entry.ts";
import {
  isObject,
  type Json,
  type JsonObject,
  type OwnObject,
  own,
  type Patches,
  patched,
  patchesBetween,
  patchOwn,
} from "./json.ts";

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

/** What stands beside the registry: policies, evidence, approvals, trust, flows. */
const BESIDE: ReadonlySet<TimelineAction> = new Set(
  ACTIONS.filter((action) => /^(policy|evidence|approval|trust|flow)\./.test(action)),
);

/** The registry as the entries of a chain tell it, one after the other. */
export class RegistryHistory {
  readonly #models = new Map<string, OwnObject>();
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
    if (BESIDE.has(entry.action)) {
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
    this.#models.set(name, patchOwn((entry.before === null ? undefined : state) ?? {}, after));
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
  let wrong: { readonly before: Record<string, Json>; readonly after: Record<string, Json> } | undefined;
  for (const key of Object.keys(before)) {
    const value = before[key] ?? null;
    const known = own(state, key);
    if (known === value || (value === null && known === undefined)) continue;
    if (isObject(value)) {
      const inner = contradicted(isObject(known) ? known : {}, value);
      if (inner === undefined) continue;
      wrong ??= { before: {}, after: {} };
      wrong.before[key] = inner.before;
      wrong.after[key] = inner.after;
    } else {
      wrong ??= { before: {}, after: {} };
      // The state goes on to change, and what is told of it does not.
      wrong.before[key] = known === undefined ? null : patched(undefined, known);
      wrong.after[key] = value;
    }
  }
  return wrong;
}
