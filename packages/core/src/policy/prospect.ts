import { z } from "zod";
import type { Policy } from "./policy.ts";

/** What a version would meet on its way to an alias or a stage, as things stand now. */
export interface Prospect {
  /** Whether the model's policy protects the target; all but `evidence` and `author` is empty when it does not. */
  readonly isProtected: boolean;
  /** What is missing, a sentence each, in the words of a refusal. Also said while the policy is set aside. */
  readonly unmet: readonly string[];
  /** Whose approvals count. */
  readonly approvers: readonly string[];
  readonly approvals?: NonNullable<Policy["approvals"]>;
  /** Who registered the version, and approves nothing of it. */
  readonly author?: string;
  /** The digest that the version's tag says of its model. */
  readonly modelDigest?: string;
  readonly evidence: readonly ProspectEvidence[];
  /** Why the policy is set aside, and until when (milliseconds since the epoch). */
  readonly broken?: { readonly reason: string; readonly until: number };
}

export interface ProspectEvidence {
  readonly digest: string;
  readonly model: string;
  readonly gate: string;
  /** The fingerprint of the key that signed it. */
  readonly key?: string;
  /** The trusted identity of a CI that brought it. */
  readonly identity?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether the policy takes it now. */
  readonly counts: boolean;
}

export const prospectWire = z
  .object({
    is_protected: z.boolean(),
    unmet: z.array(z.string()),
    approvers: z.array(z.string()),
    approvals: z.object({ count: z.int(), role: z.string() }).exactOptional(),
    author: z.string().exactOptional(),
    model_digest: z.string().exactOptional(),
    evidence: z.array(
      z.object({
        digest: z.string(),
        model: z.string(),
        gate: z.string(),
        key: z.string().exactOptional(),
        identity: z.string().exactOptional(),
        at: z.int(),
        counts: z.boolean(),
      }),
    ),
    broken: z.object({ reason: z.string(), until: z.int() }).exactOptional(),
  })
  .transform(
    ({ is_protected, model_digest, ...same }): Prospect => ({
      ...same,
      isProtected: is_protected,
      ...(model_digest === undefined ? {} : { modelDigest: model_digest }),
    }),
  );

export const prospectToWire = ({ isProtected, modelDigest, ...same }: Prospect): z.input<typeof prospectWire> => ({
  ...same,
  ...{
    is_protected: isProtected,
    unmet: [...same.unmet],
    approvers: [...same.approvers],
    evidence: [...same.evidence],
  },
  ...(modelDigest === undefined ? {} : { model_digest: modelDigest }),
});
