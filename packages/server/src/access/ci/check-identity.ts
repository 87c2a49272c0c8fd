import { STEPS, type Step, type TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { invalid } from "@esteira/core/errors";
import { isPlainLoopback } from "../oidc/settings.ts";

/** Claims by which CIs say whose job it is. Without one of them everybody's jobs at that CI would be trusted. */
const OWNERS = [
  "sub",
  "repository",
  "repository_id",
  "project_path",
  "project_id",
  "repositoryUuid",
  "pipeline_id",
  "oidc.circleci.com/project-id",
];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;
export const DEFAULT_MINUTES = 15;
const MOST_MINUTES = 360;
const MOST_CLAIMS = 20;
const LONGEST = 1000;

/** Refuses, with what to write instead, an identity that nobody or anybody could show. */
export function checkIdentity(identity: Omit<TrustedIdentity, "createdAt" | "digest">): void {
  const { name, issuer, audience, claims, steps, minutes } = identity;
  if (!NAME.test(name)) {
    throw invalid(`'${name}' is no name for a trusted identity: use letters, digits, dots, dashes and underscores.`);
  }
  checkIssuer(issuer);
  if (audience === "" || audience.length > LONGEST) {
    throw invalid(
      "The audience is empty or too long: it is what the CI writes into its tokens for this server, such as this server's address.",
    );
  }
  const entries = Object.entries(claims);
  if (!OWNERS.some((owner) => Object.hasOwn(claims, owner))) {
    throw invalid(
      `The claims of ${name} name nobody's jobs, so that everybody's at ${issuer} would be trusted: give one of ${OWNERS.join(", ")}.`,
    );
  }
  const wrong = entries.find(([claim, value]) => claim === "" || value === "" || value.length > LONGEST);
  if (wrong !== undefined || entries.length > MOST_CLAIMS) {
    throw invalid(`The claims of ${name} are at most ${MOST_CLAIMS}, each with a text of 1 to ${LONGEST} characters.`);
  }
  if (entries.some(([, value]) => value.includes("*"))) {
    throw invalid(
      `A claim of ${name} has a '*': claims are compared letter by letter, so name each in an identity of its own.`,
    );
  }
  if (steps.length === 0) throw invalid(`${name} may do nothing: give it steps, of ${STEPS.join(", ")}.`);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > MOST_MINUTES) {
    throw invalid(`A token for a step lives from 1 to ${MOST_MINUTES} minutes, not ${minutes}.`);
  }
}

function checkIssuer(issuer: string): void {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isPlain = url?.search === "" && url.hash === "" && url.username === "" && url.password === "";
  if (
    url === undefined ||
    !isPlain ||
    issuer.length > LONGEST ||
    (url.protocol !== "https:" && !isPlainLoopback(url))
  ) {
    throw invalid(
      `The issuer '${issuer}' is no address such as https://token.actions.githubusercontent.com: write it as the token's iss has it.`,
    );
  }
}

export function stepOf(name: string): Step {
  const step = STEPS.find((known) => known === name);
  if (step !== undefined) return step;
  throw invalid(`There is no step '${name}': the steps are ${STEPS.join(", ")}.`);
}
