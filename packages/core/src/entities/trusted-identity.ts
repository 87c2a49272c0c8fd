/**
 * What a job of a CI may be given a token for, one of them at a time. `read` reads, `train` writes runs, `register` makes
 * versions, `evidence` brings evidence, `promote` moves aliases and stages.
 */
export const STEPS = ["read", "train", "register", "evidence", "promote"] as const;
export type Step = (typeof STEPS)[number];

/** Jobs of a CI that the server lets work on one registered model: those whose OIDC token says what is written here. */
export interface TrustedIdentity {
  /** How policies and the timeline call it. */
  readonly name: string;
  /** The registered model. */
  readonly model: string;
  /** As the token's `iss` has it, letter by letter. */
  readonly issuer: string;
  /** As the token's `aud` has it. */
  readonly audience: string;
  /** Claims that the token must hold, each with exactly this text: `repository`, `ref`, `environment` ... */
  readonly claims: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** Whose runs may be read, and by `train` written. */
  readonly experimentIds: readonly string[];
  /** Whose runs may only be read, such as those of the champion's. */
  readonly readOnlyExperimentIds: readonly string[];
  /** How long a token that is given for a step lives. */
  readonly minutes: number;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** SHA-256 of who is trusted (issuer, audience, claims): another one under the same name is another identity. */
  readonly digest: string;
}

/** A token of minutes that a job was given for one step. */
export interface StepToken {
  readonly id: string;
  /** SHA-256 of the token's text. */
  readonly hash: string;
  readonly step: Step;
  /** The `sub` of the job's own token. */
  readonly subject: string;
  readonly expiresAt: number;
  readonly identity: TrustedIdentity;
}
