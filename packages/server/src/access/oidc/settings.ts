import { invalid } from "@esteira/core/errors";
import { isLoopbackName } from "../../http/trusted-hosts.ts";

/** How users sign in at an identity provider that speaks OpenID Connect, and whom this server then lets in. */
export interface OidcSettings {
  /** The provider's own name for itself, as `https://id.example/realms/team`; its discovery document lies below it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Without it the server is a public client: PKCE alone ties the code to it. */
  readonly clientSecret?: string | undefined;
  /** What the button says; the issuer's host without it. */
  readonly name?: string | undefined;
  /** `openid` is asked for in any case. */
  readonly scopes?: readonly string[] | undefined;
  readonly usernameClaim?: string | undefined;
  readonly groupsClaim?: string | undefined;
  /** Who is in none of them stays outside. */
  readonly allowedGroups?: readonly string[] | undefined;
  /** Domains of e-mail addresses that the provider has verified; who has no such address stays outside. */
  readonly allowedDomains?: readonly string[] | undefined;
  /** Members are admins, at each sign-in anew, and others are not. Without it the provider says nothing about admins. */
  readonly adminGroups?: readonly string[] | undefined;
  /** Roles of this server for groups of the provider, set at each sign-in. Other roles of a user stay. */
  readonly roles?: readonly RoleOfGroup[] | undefined;
  /** Makes a user for whoever may come in; without it only users who are there already may. */
  readonly createUsers?: boolean | undefined;
}

export interface RoleOfGroup {
  readonly group: string;
  readonly role: string;
}

export const DEFAULT_SCOPES = ["openid", "profile", "email"];
export const DEFAULT_USERNAME_CLAIM = "preferred_username";
export const DEFAULT_GROUPS_CLAIM = "groups";

/** Refuses settings with which nobody, or anybody, could sign in. */
export function checkOidc(settings: OidcSettings): void {
  const issuer = URL.canParse(settings.issuer) ? new URL(settings.issuer) : undefined;
  if (issuer === undefined || issuer.search !== "" || issuer.hash !== "" || issuer.username !== "") {
    throw invalid(`The OIDC issuer '${settings.issuer}' is no address such as https://id.example/realms/team.`);
  }
  if (issuer.protocol !== "https:" && !isPlainLoopback(issuer)) {
    throw invalid(
      `The OIDC issuer '${settings.issuer}' is not reached over https: tokens could be read and changed on the way.`,
    );
  }
  if (settings.clientId === "")
    throw invalid("The OIDC client id is empty: give the one under which the provider knows this server.");
}

export const isPlainLoopback = (url: URL): boolean =>
  url.protocol === "http:" && isLoopbackName(url.hostname.replace(/^\[|\]$/g, ""));
