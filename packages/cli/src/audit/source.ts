import { EsteiraError } from "@esteira/core/errors";
import type { TimelineEntry } from "@esteira/core/timeline/entry";
import type { OutsideChange } from "@esteira/core/timeline/model-state";
import type { Checkpoint, Seal } from "@esteira/core/wire/timeline";
import type { ChainReport, StoredEntry } from "@esteira/store/timeline/chain-verifier";
import type { Standing } from "@esteira/store/timeline/timeline";
import { backendStoreUri } from "../administration.ts";
import { type Terminal, text, type Values } from "../command.ts";
import { signingKey } from "../signing-key.ts";
import { trackingClient } from "../tracking.ts";

export type StandingQuestion = { readonly alias: string } | { readonly stage: string };

/** What the commands ask of a timeline, in a database or behind a server. */
export interface AuditSource {
  /** For messages. */
  readonly name: string;
  pages(after?: number): AsyncIterable<readonly StoredEntry[]>;
  history(model: string, until?: number): Promise<readonly TimelineEntry[]>;
  standing(model: string, of: StandingQuestion, at?: number): Promise<Standing>;
  /** Undefined where nothing is signed. */
  seals(): Promise<readonly Seal[] | undefined>;
  checkpoint(): Promise<Checkpoint>;
  prove(
    sequence: number,
    size?: number,
  ): Promise<{
    readonly sequence: number;
    readonly size: number;
    readonly entry: string;
    readonly hash: string;
    readonly path: readonly string[];
    readonly root: string;
  }>;
  /** The chain as this side has gone through it, and what the registry was found to hold otherwise. */
  verify(): Promise<ChainReport & { readonly found: readonly OutsideChange[] }>;
  close(): Promise<void>;
}

/** The database that is named; else the server of MLFLOW_TRACKING_URI; else the database that `esteira server` would take. */
export async function auditSource(values: Values, terminal: Terminal): Promise<AuditSource> {
  const isNamed = text(values, "backendStoreUri") ?? terminal.env.MLFLOW_BACKEND_STORE_URI;
  const isRemote = isNamed === undefined && /^https?:/.test(terminal.env.MLFLOW_TRACKING_URI ?? "");
  return isRemote ? remote(terminal) : direct(values, terminal);
}

async function direct(values: Values, { env }: Terminal): Promise<AuditSource> {
  const uri = backendStoreUri(values, env);
  const { connectExisting } = await import("@esteira/store/maintenance/connect");
  // Looking into a timeline is no reason to make a database.
  const existing = await connectExisting(uri);
  await existing.close();
  const { openStore } = await import("@esteira/store/open");
  const { sealFileOf } = await import("@esteira/store/timeline/seal-file");
  const { standing } = await import("@esteira/store/timeline/timeline");
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  const { timeline } = store;
  const seals = sealFileOf(uri, signingKey(values, env));
  return {
    name: existing.name,
    pages: async function* (after = 0) {
      for (let last = after; ; ) {
        const rows = await timeline.read(last);
        if (rows.length === 0) return;
        yield rows;
        last = rows.at(-1)?.sequence ?? last;
      }
    },
    history: (model, until) => timeline.lifeOf(model, until),
    standing: async (model, of, at) => standing(await timeline.lifeOf(model, at), of),
    seals: async () => seals?.read(),
    checkpoint: async () => {
      if (seals !== undefined) return timeline.checkpoint(seals);
      throw new EsteiraError("FEATURE_DISABLED", "Nothing signs this timeline: name the key with --signing-key FILE.");
    },
    prove: (sequence, size) => timeline.prove(sequence, size),
    verify: () => timeline.verify(seals === undefined ? {} : { seals }),
    close: () => store.close(),
  };
}

async function remote(terminal: Terminal): Promise<AuditSource> {
  const { timeline } = trackingClient(terminal);
  const { ChainVerifier } = await import("@esteira/store/timeline/chain-verifier");
  const { verifySeals } = await import("@esteira/store/timeline/checkpoint");
  const seals = async (): Promise<readonly Seal[] | undefined> => {
    try {
      return await timeline.checkpoints();
    } catch (error) {
      if (error instanceof EsteiraError && error.code === "FEATURE_DISABLED") return undefined;
      throw error;
    }
  };
  async function* pages(after = 0): AsyncIterable<readonly StoredEntry[]> {
    for (let last = after; ; ) {
      const rows = await timeline.entries(last);
      if (rows.length === 0) return;
      yield rows;
      last += rows.length;
    }
  }
  return {
    name: terminal.env.MLFLOW_TRACKING_URI ?? "",
    pages,
    history: (model, until) => timeline.history(model, until),
    standing: async (model, of, at) => {
      const { versions, since, is_uncertain } = await timeline.standing(model, of, at);
      return { versions, isUncertain: is_uncertain, ...(since === undefined ? {} : { since }) };
    },
    seals,
    checkpoint: () => timeline.checkpoint(),
    prove: (sequence, size) => timeline.proof(sequence, size),
    verify: async () => {
      const { found } = await timeline.verify();
      const verifier = new ChainVerifier(verifySeals((await seals()) ?? []).checkpoints);
      for await (const rows of pages()) for (const row of rows) verifier.add(row);
      return { ...verifier.finish(), found };
    },
    close: async () => {},
  };
}
