import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { type Actor, LOCAL, NO_HASH, parseEntry, type TimelineEntry } from "@esteira/core/timeline/entry";
import { type JsonObject, own } from "@esteira/core/timeline/json";
import { type OutsideChange, RegistryHistory } from "@esteira/core/timeline/model-state";
import type { Checkpoint } from "@esteira/core/wire/timeline";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { policyState } from "../policy/policy-state.ts";
import { HEAD, lockHead, recorder } from "./append.ts";
import { type ChainReport, ChainVerifier, type StoredEntry } from "./chain-verifier.ts";
import { type SealReport, verifySeals } from "./checkpoint.ts";
import { lifeOf } from "./life.ts";
import { entryHash, InclusionProver, MerkleTree } from "./merkle.ts";
import { type Block, eachBlock, PAGE, rowsAfter } from "./pages.ts";
import { registryState } from "./registry-state.ts";
import type { SealFile } from "./seal-file.ts";

export interface TimelineReport extends ChainReport {
  /** What the registry holds otherwise than the chain says, found now and entered as such. */
  readonly found: readonly OutsideChange[];
  readonly seals?: SealReport;
}

export interface InclusionProof {
  readonly sequence: number;
  readonly size: number;
  readonly entry: string;
  readonly hash: string;
  readonly path: readonly string[];
  readonly root: string;
}

/** Reading, proving and verifying the chain that the registry's writes make. */
export interface Timeline {
  /** Whole rows after an entry, in their order. */
  read(after: number, most?: number): Promise<readonly StoredEntry[]>;
  head(): Promise<{ readonly sequence: number; readonly hash: string } | undefined>;
  /** The entries of one model's life until an instant (ms), under all its names, oldest first; empty when it was none then. */
  lifeOf(model: string, until?: number): Promise<readonly TimelineEntry[]>;
  /** Verifies the whole chain, compares it with the registry, and enters what was changed outside of it. */
  verify(options?: {
    readonly seals?: SealFile;
    readonly trusted?: string;
    readonly actor?: Actor;
  }): Promise<TimelineReport>;
  /** Signs the entries so far, if there are new ones since the last time. Refuses (INVALID_STATE) a chain that is not what was signed before. */
  checkpoint(seals: SealFile): Promise<Checkpoint>;
  /** Proves that an entry is among the first `size`; all of them when it is absent. */
  prove(sequence: number, size?: number): Promise<InclusionProof>;
}

export function openTimeline(session: Session, context: StoreContext): Timeline {
  const read = (after: number, most = PAGE) => session.read((db) => rowsAfter(db, after, most));
  const head = () =>
    session.read((db) =>
      db.selectFrom("esteira_timeline_head").select(["sequence", "hash"]).where("id", "=", HEAD).executeTakeFirst(),
    );
  const each = (after: number, until: number, take: (block: Block) => void) => eachBlock(session, after, until, take);
  return {
    read,
    head,
    lifeOf: (model, until) => session.read((db) => lifeOf(db, model, until)),
    verify: async ({ seals, trusted, actor = LOCAL } = {}) => {
      const report = seals && verifySeals(seals.read(), trusted);
      const verifier = new ChainVerifier(report?.checkpoints);
      const known = (await head())?.sequence ?? Number.MAX_SAFE_INTEGER;
      await each(0, known, (block) => verifier.addBlock(block));
      const end = await session.write((db) => enterOutsideChanges(db, context, verifier, actor));
      return { ...verifier.finish(end.head), found: end.found, ...(report === undefined ? {} : { seals: report }) };
    },
    checkpoint: async (seals) => {
      const { checkpoints, faults } = verifySeals(seals.read());
      if (faults[0] !== undefined)
        throw new EsteiraError("INVALID_STATE", `Nothing is signed, because ${faults[0]} (${seals.path}).`);
      const last = checkpoints.at(-1);
      const { sequence: size } = (await head()) ?? { sequence: 0 };
      const from = last?.size ?? 0;
      let hash = last?.head ?? NO_HASH;
      const broken = (sequence: number) =>
        new EsteiraError(
          "INVALID_STATE",
          `Nothing is signed: entry ${sequence} of the timeline is not what was signed or written before; run \`esteira audit verify\`.`,
        );
      if (size < from) throw broken(from);
      const signed = from === 0 ? [] : await read(from - 1, 1);
      if (from > 0 && signed[0]?.hash !== hash) throw broken(from);
      if (last !== undefined && size === from) return last;
      const tree = new MerkleTree(from, last?.peaks ?? []);
      await each(from, size, ({ rows, leaves, root }) => {
        for (const [place, row] of rows.entries()) {
          const sequence = tree.size + place + 1;
          const isNext = row.sequence === sequence && parseEntry(row.entry)?.previous === hash;
          if (!isNext || leaves[place] !== row.hash) throw broken(sequence);
          hash = row.hash;
        }
        tree.addAll(leaves, root);
      });
      if (tree.size !== size) throw broken(tree.size + 1);
      const record = {
        kind: "checkpoint",
        format: 1,
        at: context.clock(),
        size,
        head: hash,
        root: tree.root(),
      } as const;
      return seals.seal({ ...record, peaks: [...tree.peaks] });
    },
    prove: async (sequence, given) => {
      const size = given ?? (await head())?.sequence ?? 0;
      if (sequence < 1 || sequence > size)
        throw invalid(`There is no entry ${sequence} among ${size}: choose one from 1 to ${size}.`);
      const prover = new InclusionProver(sequence - 1, size);
      const tree = new MerkleTree();
      let entry: StoredEntry | undefined;
      await each(0, size, ({ rows, leaves, root }) => {
        tree.addAll(leaves, root);
        for (const leaf of leaves) prover.add(leaf);
        entry ??= rows.find((row) => row.sequence === sequence);
      });
      if (entry === undefined || tree.size !== size)
        throw notFound(`The timeline has not the ${size} entries that were asked for.`);
      return {
        sequence,
        size,
        entry: entry.entry,
        hash: entryHash(entry.entry),
        path: prover.path(),
        root: tree.root(),
      };
    },
  };
}

/**
 * Under the lock of the chain's head no writer of ours is between its change and its entry, so what differs was changed by
 * somebody else.
 */
async function enterOutsideChanges(
  db: Database,
  context: StoreContext,
  seen: ChainVerifier,
  actor: Actor,
): Promise<{
  readonly found: readonly OutsideChange[];
  readonly head: { readonly sequence: number; readonly hash: string };
}> {
  const head = await lockHead(db);
  const feed = async (): Promise<void> => {
    for (
      let rows = await rowsAfter(db, seen.sequence, PAGE);
      rows.length > 0;
      rows = await rowsAfter(db, seen.sequence, PAGE)
    ) {
      for (const row of rows) seen.add(row);
    }
  };
  await feed();
  const found = seen.history.differences(await registryState(db));
  const policies = seen.policies.differences(await policyState(db));
  // A chain that is not sound says nothing about the registry, and is left as it was found.
  if (seen.isSoundUpTo(head)) {
    const record = recorder(context, actor);
    for (const { model, chain, found: after } of found) {
      await record(db, { action: "model.changed-outside", subject: { model }, before: chain, after });
    }
    for (const { model, chain, found: after } of policies) {
      const policy = (state: JsonObject | null) => ({ policy: (state && own(state, "policy")) ?? null });
      if (chain === null || !Object.hasOwn(chain, "policy")) continue;
      const change = { before: policy(chain), after: policy(after) };
      await record(db, { action: "policy.changed-outside", subject: { model }, ...change });
    }
    await feed();
  }
  return { found: [...found, ...policies], head: await lockHead(db) };
}

/** Which version an alias or a stage of a model named, and since which entry. */
export interface Standing {
  /** Undefined when it named none. */
  readonly versions: readonly number[];
  /** The entry that made it so; undefined when no entry ever did. */
  readonly since?: TimelineEntry;
  /** The entries do not fit each other: something was changed outside of them. */
  readonly isUncertain: boolean;
}

/** From the entries of a model's life: what an alias or a stage stood for at their end. */
export function standing(
  life: readonly TimelineEntry[],
  of: { readonly alias: string } | { readonly stage: string },
): Standing {
  const history = new RegistryHistory();
  let now: Standing = { versions: [], isUncertain: false };
  for (const entry of life) {
    const isOutside = history.apply(entry) !== undefined;
    const name = entry.action === "model.renamed" ? String(entry.after?.name) : entry.subject.model;
    const versions = versionsOf(history.models.get(name), of);
    const isUncertain = now.isUncertain || isOutside;
    const isSame = versions.join() === now.versions.join();
    now = isSame ? { ...now, isUncertain } : { versions, since: entry, isUncertain };
  }
  return now;
}

function versionsOf(state: unknown, of: { readonly alias: string } | { readonly stage: string }): readonly number[] {
  if ("alias" in of) {
    const version = at(at(state, "aliases"), of.alias);
    return typeof version === "number" ? [version] : [];
  }
  const versions = at(state, "versions");
  return Object.keys(typeof versions === "object" && versions !== null ? versions : {})
    .filter((number) => at(at(versions, number), "stage") === of.stage)
    .map(Number)
    .sort((a, b) => a - b);
}

const at = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
