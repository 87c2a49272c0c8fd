import { EsteiraError } from "@esteira/core/errors";

/**
 * Why somebody who came back from the provider is not let in. The sign-in page has a sentence for each; what exactly was
 * wrong with an answer is for the log.
 */
export const SIGN_IN_PROBLEMS = [
  /** Begun in another browser, too long ago, or used before. */
  "expired",
  /** The person said no, or the provider did. */
  "declined",
  /** The provider answered something that does not prove who this is. */
  "invalid",
  "unreachable",
  /** The provider tells no name, or one that this server cannot take. */
  "no-name",
  "not-allowed",
  "unknown-user",
  /** A user of this name exists and signs in in another way. */
  "name-taken",
  "last-admin",
] as const;
export type SignInProblem = (typeof SIGN_IN_PROBLEMS)[number];

export class SignInRefusal extends EsteiraError {
  readonly problem: SignInProblem;

  constructor(problem: SignInProblem, message: string, options?: { cause?: unknown }) {
    super(problem === "unreachable" ? "TEMPORARILY_UNAVAILABLE" : "UNAUTHENTICATED", message, options);
    this.problem = problem;
  }
}
