/** Ours: what protects models, and what speaks for a promotion. Times are milliseconds since the epoch. */
export interface PolicyTables {
  esteira_policies: {
    model: string;
    /** JSON: a `Policy`. */
    policy: string;
  };
  /** Until when a model's policy is set aside. */
  esteira_broken_glass: { model: string; until: number; reason: string };
  esteira_evidence: {
    model: string;
    version: number;
    /** `sha256:` and the digest of `evidence`. */
    digest: string;
    /** Canonical JSON: an `Evidence`. */
    evidence: string;
    /** The fingerprint of the key that signed it. */
    signer: string;
    signature: string;
    at: number;
  };
  esteira_approvals: { model: string; version: number; target: string; user_id: number; at: number };
}
