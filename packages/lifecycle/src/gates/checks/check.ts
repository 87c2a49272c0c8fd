import { z } from "zod";
import type { GateEvidence } from "../evidence.ts";
import type { Finding } from "../verdict.ts";

/** One kind of check: its settings in `gate.yaml`, what it proves, what it reads, and its judgement. Pure. */
export interface Check<Settings extends z.ZodObject> {
  /** One sentence. */
  readonly proves: string;
  /** Parts of the evidence that it reads. */
  readonly inputs: readonly (keyof GateEvidence)[];
  readonly settings: Settings;
  title(settings: z.infer<Settings>): string;
  judge(settings: z.infer<Settings>, evidence: GateEvidence): Finding;
}

/** Gives a check its types; nothing else. */
export const defineCheck = <Settings extends z.ZodObject>(check: Check<Settings>): Check<Settings> => check;

/** What every check may say of itself. */
export const common = {
  insufficient: z
    .enum(["block", "note"])
    .default("block")
    .describe("Whether a lack of evidence withholds the pass (block) or is only said (note). It is never a pass."),
};

export const share = z.number().gt(0).lt(1);

export const support = (standard: number) =>
  z.number().int().min(1).default(standard).describe("Known frauds below which the check says: not enough evidence.");

export const lacking = (what: string): Finding => ({
  status: "not_enough_evidence",
  found: "no evidence",
  reason: `${what} was not given to the gate.`,
  evidence: {},
});

/** What a comparison says of the first model of all. */
export const noChampion = (reason: string): Finding => ({
  status: "not_applicable",
  found: "no champion yet",
  reason,
  evidence: {},
});

/** Up to four significant digits. */
export const figure = (value: number): string => String(Number(value.toPrecision(4)));

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

export const signed = (value: number): string => `${value > 0 ? "+" : ""}${Number(value.toFixed(4))}`;
