import type { DesiredAlias, DesiredState } from "./desired-state.ts";

/** A registered model as the server has it. */
export interface FoundModel {
  /** Versions by alias. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly versions: readonly { readonly version: string; readonly digest: string | undefined }[];
  /** Who moved an alias last, `by ana at 2026-...`, where the server tells. */
  readonly moved: Readonly<Record<string, string>>;
  /** Aliases that a policy protects. */
  readonly protectedAliases: readonly string[];
}

export interface Change {
  readonly kind: "set" | "remove";
  readonly model: string;
  readonly alias: string;
  readonly from?: string;
  readonly to?: string;
  /** 64 hexadecimal digits. */
  readonly digest?: string;
  /** Who made it what it is, so that a drift can be told from a change that is wanted. */
  readonly moved?: string;
  readonly isProtected: boolean;
}

/** A version that is served somewhere. */
export interface Placement {
  readonly target: string;
  readonly model: string;
  readonly alias: string;
  readonly version: string;
  /** 64 hexadecimal digits. */
  readonly digest: string;
  readonly port?: number;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** What must be served where, whether or not it is so already. */
  readonly placements: readonly Placement[];
  /** Why the file cannot be had, a sentence each: then nothing is changed. */
  readonly refusals: readonly string[];
}

/** What leads from what the registry has to what the file wants. Models are by name; those that are absent are not there. */
export function planModels(desired: DesiredState, found: ReadonlyMap<string, FoundModel>): Plan {
  const changes: Change[] = [];
  const placements: Placement[] = [];
  const refusals: string[] = [];
  for (const [model, { aliases }] of Object.entries(desired.models)) {
    const known = found.get(model);
    if (known === undefined) {
      refusals.push(`There is no registered model ${model}: register a version of it first.`);
      continue;
    }
    for (const [alias, wanted] of Object.entries(aliases)) {
      const from = Object.hasOwn(known.aliases, alias) ? known.aliases[alias] : undefined;
      const moved = known.moved[alias];
      const base = {
        ...{ model, alias, isProtected: known.protectedAliases.includes(alias) },
        ...(from === undefined ? {} : { from }),
        ...(moved === undefined ? {} : { moved }),
      };
      if (wanted === null) {
        if (from !== undefined) changes.push({ kind: "remove", ...base });
        continue;
      }
      const choice = chosen(model, wanted, known);
      if ("refusal" in choice) {
        refusals.push(choice.refusal);
        continue;
      }
      const { version, digest } = choice;
      if (version !== from) changes.push({ kind: "set", ...base, to: version, digest });
      if (wanted.target !== undefined) {
        const port = desired.targets[wanted.target]?.port;
        placements.push({
          target: wanted.target,
          model,
          alias,
          version,
          digest,
          ...(port === undefined ? {} : { port }),
        });
      }
    }
  }
  return { changes, placements, refusals };
}

function chosen(
  model: string,
  wanted: DesiredAlias,
  { versions }: FoundModel,
): { readonly version: string; readonly digest: string } | { readonly refusal: string } {
  const digest = wanted.digest.replace(/^sha256:/, "");
  if (wanted.version === undefined) {
    const newest = versions
      .filter((one) => one.digest === digest)
      .sort((a, b) => Number(b.version) - Number(a.version))[0];
    if (newest !== undefined) return { version: newest.version, digest };
    return { refusal: `No version of ${model} has the digest sha256:${digest}: register it, or correct the digest.` };
  }
  const version = String(wanted.version);
  const known = versions.find((one) => one.version === version);
  if (known === undefined) return { refusal: `There is no version ${version} of ${model}.` };
  if (known.digest === digest) return { version, digest };
  const said =
    known.digest === undefined ? "says no digest (tag esteira.model.sha256)" : `has the digest sha256:${known.digest}`;
  return { refusal: `Version ${version} of ${model} ${said}, and the file wants sha256:${digest}.` };
}
