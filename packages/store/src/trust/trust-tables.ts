/** Ours: which CIs are trusted, and what they were given. Times are milliseconds since the epoch. */
export interface TrustTables {
  esteira_trusted_identities: {
    name: string;
    model: string;
    issuer: string;
    audience: string;
    /** JSON: texts by claim. */
    claims: string;
    /** Separated by blanks. */
    steps: string;
    /** JSON: lists of ids. */
    experiment_ids: string;
    read_only_experiment_ids: string;
    minutes: number;
    digest: string;
    created_at: number;
  };
  esteira_step_tokens: {
    id: string;
    identity: string;
    hash: string;
    step: string;
    subject: string;
    expires_at: number;
  };
  /** Tokens of CIs that were exchanged, until they are over by themselves. */
  esteira_spent_tokens: { key: string; until: number };
  /** Evidence without a signature, brought by an identity that has shown who it is. */
  esteira_vouched_evidence: {
    model: string;
    version: number;
    /** `sha256:` and the digest of `evidence`. */
    digest: string;
    /** Canonical JSON: an `Evidence`. */
    evidence: string;
    /** The digest of the `TrustedIdentity`. */
    identity: string;
    at: number;
  };
}
