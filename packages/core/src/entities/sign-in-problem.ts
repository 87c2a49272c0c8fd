/**
 * Why somebody who came back from the identity provider is not let in. The sign-in page has a sentence for each; what exactly
 * was wrong with an answer is for the server's log.
 */
export const SIGN_IN_PROBLEMS = [
  /** Begun in another browser, too long ago, or used before. */
  "expired",
  /** The person said no, or the provider did. */
  "declined",
  /** The provider answered something that does not prove who this is. */
  "invalid",
  "unreachable",
  /** The provider tells no name, or one that the server cannot take. */
  "no-name",
  "not-allowed",
  "unknown-user",
  /** A user of this name exists and signs in in another way. */
  "name-taken",
  "last-admin",
] as const;
export type SignInProblem = (typeof SIGN_IN_PROBLEMS)[number];
