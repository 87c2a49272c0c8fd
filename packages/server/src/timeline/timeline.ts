import { STAGES } from "@esteira/core/entities/registered-model";
import { EsteiraError, invalid } from "@esteira/core/errors";
import {
  checkpointWire,
  inclusionProofWire,
  outsideChangeWire,
  sealWire,
  standingWire,
  timelineEntryWire,
} from "@esteira/core/wire/timeline";
import type { SealFile } from "@esteira/store/timeline/seal-file";
import { standing, type Timeline } from "@esteira/store/timeline/timeline";
import { z } from "zod";
import { ADMIN, administers, read, reads } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { int64, int64AtMost, int64OrZero, nonEmpty, requiredInteger, requiredText, text } from "../http/fields.ts";

const MAX_ENTRIES = 1000;
/** A body with something in it was meant for another call. */
const ASKS_NOTHING = z.strictObject({});

const reportWire = z.object({
  entries: z.int(),
  head: z.string(),
  root: z.string(),
  faults: z.array(z.object({ sequence: z.int(), problem: z.string() })),
  fault_count: z.int(),
  outside: z.array(outsideChangeWire),
  found: z.array(outsideChangeWire),
  clock: z.array(z.object({ sequence: z.int(), behind_ms: z.int() })),
});

/** Reading one model's part of the chain goes with reading the model; the chain as a whole is for admins. */
export function timelineEndpoints(timeline: Timeline, seals: SealFile | undefined): readonly Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/timeline/entries",
      policy: reads(ADMIN),
      summary: "Read the timeline, from an entry on",
      input: z.object({ after: int64OrZero, max_results: int64AtMost(MAX_ENTRIES) }),
      output: z.object({ entries: z.array(z.object({ entry: z.string(), hash: z.string() })) }),
      run: async ({ after, max_results }) => {
        const rows = await timeline.read(after, Math.max(1, max_results ?? MAX_ENTRIES));
        return { entries: rows.map(({ entry, hash = "" }) => ({ entry, hash })) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/timeline/history",
      policy: reads(read("version", "name")),
      summary: "Read the entries of one model, under all its names",
      input: z.object({ name: requiredText, until: int64 }),
      output: z.object({ entries: z.array(timelineEntryWire) }),
      run: async ({ name, until }) => ({ entries: await timeline.lifeOf(name, until) }),
    }),
    endpoint({
      method: "GET",
      path: "/timeline/standing",
      policy: reads(read("version", "name")),
      summary: "Tell which version an alias or a stage stood for at an instant",
      input: z.object({ name: requiredText, alias: text, stage: text, at: int64 }),
      output: standingWire,
      run: async ({ name, at, ...input }) => {
        const { versions, since, isUncertain } = standing(await timeline.lifeOf(name, at), asked(input));
        return { versions, is_uncertain: isUncertain, ...(since === undefined ? {} : { since }) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/timeline/checkpoints",
      policy: reads(ADMIN),
      summary: "Read the signed checkpoints of the timeline, and the keys that signed them",
      input: z.object({}),
      output: z.object({ seals: z.array(sealWire) }),
      run: async () => ({ seals: signing(seals).read() }),
    }),
    endpoint({
      method: "POST",
      path: "/timeline/checkpoints",
      policy: administers(ADMIN),
      summary: "Sign the timeline as it is now",
      input: ASKS_NOTHING,
      output: z.object({ checkpoint: checkpointWire }),
      run: async () => ({ checkpoint: await timeline.checkpoint(signing(seals)) }),
    }),
    endpoint({
      method: "GET",
      path: "/timeline/proof",
      policy: reads(ADMIN),
      summary: "Prove that an entry is in the timeline",
      input: z.object({ sequence: requiredInteger, size: int64 }),
      output: inclusionProofWire,
      run: ({ sequence, size }) => timeline.prove(sequence, size),
    }),
    endpoint({
      method: "POST",
      path: "/timeline/verify",
      policy: administers(ADMIN),
      summary: "Verify the timeline, and enter what was changed outside of it",
      input: ASKS_NOTHING,
      output: reportWire,
      run: async (_, __, caller) => {
        const {
          faultCount,
          clock,
          faults,
          seals: sealed,
          ...report
        } = await timeline.verify({
          actor: caller.actor,
          ...(seals === undefined ? {} : { seals }),
        });
        const ofSeals = (sealed?.faults ?? []).map((problem) => ({ sequence: 0, problem }));
        return {
          ...report,
          faults: [...faults, ...ofSeals],
          fault_count: faultCount + ofSeals.length,
          clock: clock.map(({ sequence, behindMs }) => ({ sequence, behind_ms: behindMs })),
        };
      },
    }),
  ];
}

/** The champion, where nothing else is asked for. */
function asked(input: {
  alias?: string | undefined;
  stage?: string | undefined;
}): { alias: string } | { stage: string } {
  const stage = nonEmpty(input.stage);
  if (stage === undefined) return { alias: nonEmpty(input.alias) ?? "champion" };
  if (nonEmpty(input.alias) !== undefined) throw invalid("Ask for an alias or for a stage, not for both.");
  const known = STAGES.find((name) => name.toLowerCase() === stage.toLowerCase());
  if (known === undefined) throw invalid(`There is no stage '${stage}': it must be one of ${STAGES.join(", ")}.`);
  return { stage: known };
}

function signing(seals: SealFile | undefined): SealFile {
  if (seals !== undefined) return seals;
  throw new EsteiraError(
    "FEATURE_DISABLED",
    "This server signs no timeline: start it with --signing-key FILE, which servers of one database share.",
  );
}
