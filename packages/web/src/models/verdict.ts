import { z } from "zod";

export const CHECK_STATUSES = ["passed", "refused", "not_enough_evidence", "not_applicable"] as const;
export type CheckStatus = (typeof CHECK_STATUSES)[number];

const check = z.object({
  check: z.string(),
  title: z.string(),
  proves: z.string().default(""),
  status: z.enum(CHECK_STATUSES),
  blocking: z.boolean().default(true),
  found: z.string().default(""),
  reason: z.string().default(""),
  evidence: z.record(z.string(), z.unknown()).default({}),
});

const verdictWire = z.object({
  gate: z.string(),
  outcome: z.enum(["passed", "refused", "not_enough_evidence"]),
  evaluated_at: z.number().optional(),
  digests: z.record(z.string(), z.string()).default({}),
  checks: z.array(check),
});

export type GateCheck = z.output<typeof check>;
export type GateVerdict = z.output<typeof verdictWire>;

/** The verdict that a gate's file holds; undefined of a text that is none. */
export function verdictIn(text: string): GateVerdict | undefined {
  try {
    return verdictWire.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A digest without the name of its kind, for comparing. */
const bare = (digest: string): string => digest.replace(/^sha256:/, "");

/** Whether a verdict is of another model than the one a version's tag names; false where either is unknown. */
export const isOfOtherModel = (verdict: GateVerdict, tagged: string | undefined): boolean =>
  verdict.digests.model !== undefined && !!tagged && bare(verdict.digests.model) !== bare(tagged);

/** Refused first, then what lacks evidence: what a reader looks for. Within a status the gate's own order. */
const ORDER: readonly CheckStatus[] = ["refused", "not_enough_evidence", "passed", "not_applicable"];
export const byUrgency = (checks: readonly GateCheck[]): readonly GateCheck[] =>
  [...checks].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));

/** The figures of a check that are worth a line each: plain values, without what is empty. */
export const figuresOf = ({ evidence }: GateCheck): readonly (readonly [string, string | number | boolean])[] =>
  Object.entries(evidence).flatMap(([key, value]) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? [[key, value] as const] : [],
  );
