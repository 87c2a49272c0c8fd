import type { SignInProblem } from "@esteira/core/entities/sign-in-problem";
import { EsteiraError } from "@esteira/core/errors";

/** Somebody who came back from the provider is not let in. */
export class SignInRefusal extends EsteiraError {
  readonly problem: SignInProblem;

  constructor(problem: SignInProblem, message: string, options?: { cause?: unknown }) {
    super(problem === "unreachable" ? "TEMPORARILY_UNAVAILABLE" : "UNAUTHENTICATED", message, options);
    this.problem = problem;
  }
}
