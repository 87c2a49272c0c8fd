import { z } from "zod";

/** What the server says when somebody comes back from the identity provider without being let in. */
export const SIGN_IN_PROBLEMS = [
  "expired",
  "declined",
  "invalid",
  "unreachable",
  "no-name",
  "not-allowed",
  "unknown-user",
  "name-taken",
  "last-admin",
] as const;
export type SignInProblem = (typeof SIGN_IN_PROBLEMS)[number];

/** A page of ours, as it stands behind the "#"; never another address. */
export const isPage = (address: string): boolean =>
  /^\/(?![/\\])[^\\\s]*$/.test(address) && !/^\/sign-in\b/.test(address);

export const signInSearch = z.object({
  /** Where to go afterwards. */
  return_to: z.string().refine(isPage).optional().catch(undefined),
  problem: z.enum(SIGN_IN_PROBLEMS).optional().catch(undefined),
  /** The token that makes the first admin: the server prints an address with it. */
  setup: z.string().min(1).optional().catch(undefined),
});
