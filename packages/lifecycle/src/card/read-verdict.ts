import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { ModelCard } from "./card.ts";
import { isSameDigest } from "./digests.ts";

const verdictWire = z.object({
  gate: z.string(),
  outcome: z.enum(["passed", "refused", "not_enough_evidence"]),
  evaluated_at: z.int().nonnegative().max(8.64e15),
  digests: z.object({ model: z.string(), data: z.string(), gate: z.string(), code: z.string() }),
  checks: z.array(
    z.object({
      title: z.string(),
      status: z.enum(["passed", "refused", "not_enough_evidence", "not_applicable"]),
      found: z.string(),
      reason: z.string(),
    }),
  ),
});

/** Throws INVALID_PARAMETER_VALUE when the text is no gate's verdict. `digest` is the version's own, where it is known. */
export function readVerdict(text: string, source: string, digest: string | null): NonNullable<ModelCard["gate"]> {
  const read = verdictWire.safeParse(jsonOf(text));
  if (!read.success) throw invalid(`${source} is no verdict: ${read.error.issues[0]?.message ?? "not readable"}.`);
  const { gate, outcome, evaluated_at, digests, checks } = read.data;
  return {
    name: gate,
    outcome,
    evaluated_at: new Date(evaluated_at).toISOString(),
    source,
    digests,
    is_of_this_model: isSameDigest(digest, digests.model),
    checks,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
