import { SignInRefusal } from "./problem.ts";
import { DEFAULT_GROUPS_CLAIM, DEFAULT_USERNAME_CLAIM, type OidcSettings } from "./settings.ts";

/** What the provider says about a person, by claim, after all signatures and addresses were checked. */
export type Claims = Readonly<Record<string, unknown>>;

export interface Admission {
  readonly username: string;
  /** Undefined: the provider does not decide about it. */
  readonly isAdmin: boolean | undefined;
  /** Of the roles that groups stand for, those that this person gets. */
  readonly roles: readonly string[];
}

/** Whether the rules let a person in, and as whom: of claims and rules alone. */
export function admit(claims: Claims, settings: OidcSettings): Admission {
  const claim = settings.usernameClaim ?? DEFAULT_USERNAME_CLAIM;
  const username = claims[claim];
  if (typeof username !== "string" || username === "") {
    throw new SignInRefusal("no-name", `The provider's answer has no text in the claim '${claim}'.`);
  }
  if (claim === "email" && claims.email_verified !== true) {
    throw new SignInRefusal("no-name", "The provider has not verified the e-mail address that would be the name.");
  }
  const groups = groupsOf(claims, settings);
  const { allowedGroups = [], allowedDomains = [], adminGroups = [], roles = [] } = settings;
  if (allowedGroups.length > 0 && !allowedGroups.some((group) => groups.has(group))) {
    throw new SignInRefusal("not-allowed", "The person is in none of the allowed groups.");
  }
  if (allowedDomains.length > 0 && !hasDomain(claims, allowedDomains)) {
    throw new SignInRefusal("not-allowed", "The person has no verified e-mail address in an allowed domain.");
  }
  return {
    username,
    isAdmin: adminGroups.length === 0 ? undefined : adminGroups.some((group) => groups.has(group)),
    roles: [...new Set(roles.filter(({ group }) => groups.has(group)).map(({ role }) => role))],
  };
}

/** The claims that the rules read: where the ID token lacks one of them, the provider is asked once more. */
export function claimsNeeded(settings: OidcSettings): readonly string[] {
  const { allowedGroups = [], allowedDomains = [], adminGroups = [], roles = [] } = settings;
  return [
    settings.usernameClaim ?? DEFAULT_USERNAME_CLAIM,
    ...(allowedDomains.length > 0 || settings.usernameClaim === "email" ? ["email", "email_verified"] : []),
    ...(allowedGroups.length + adminGroups.length + roles.length > 0 ? [groupsClaimOf(settings)] : []),
  ];
}

const groupsClaimOf = (settings: OidcSettings): string => settings.groupsClaim ?? DEFAULT_GROUPS_CLAIM;

/** Providers write one group as a text, several as a list. */
function groupsOf(claims: Claims, settings: OidcSettings): ReadonlySet<string> {
  const found = [claims[groupsClaimOf(settings)]].flat();
  return new Set(found.filter((group) => typeof group === "string"));
}

function hasDomain({ email, email_verified }: Claims, domains: readonly string[]): boolean {
  if (typeof email !== "string" || email_verified !== true) return false;
  const domain = email.slice(email.lastIndexOf("@") + 1).toLowerCase();
  return email.includes("@") && domains.some((allowed) => allowed.toLowerCase() === domain);
}
