import { readFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { AccessStart } from "@esteira/server/start";
import { type CommandOption, listedIfAny, type Terminal, text, type Values } from "./command.ts";

type Settings = NonNullable<AccessStart["oidc"]>;

/** Each may come from the environment too: `--oidc-client-id` as ESTEIRA_OIDC_CLIENT_ID. The secret never is an option. */
export const OIDC: readonly CommandOption[] = [
  {
    flags: "--oidc-issuer <url>",
    summary:
      "let users sign in at this OpenID Connect provider; needs --public-url. Each --oidc-… is also a variable, such as ESTEIRA_OIDC_ISSUER",
  },
  { flags: "--oidc-client-id <id>", summary: "under which the provider knows this server" },
  {
    flags: "--oidc-client-secret-file <path>",
    summary: "file with the client's secret; or ESTEIRA_OIDC_CLIENT_SECRET (none: a public client, with PKCE alone)",
  },
  { flags: "--oidc-name <name>", summary: "what the button says (default: the provider's host)" },
  {
    flags: "--oidc-scopes <scopes>",
    summary: "what is asked for, with commas between (default: openid,profile,email)",
  },
  { flags: "--oidc-username-claim <claim>", summary: "what users are named by (default: preferred_username)" },
  { flags: "--oidc-groups-claim <claim>", summary: "where the provider tells groups (default: groups)" },
  { flags: "--oidc-allowed-groups <groups>", summary: "let in members of these groups only" },
  {
    flags: "--oidc-allowed-domains <domains>",
    summary: "let in people with a verified e-mail address in these domains only",
  },
  {
    flags: "--oidc-roles <pairs>",
    summary: "roles for groups, set at each sign-in, as group=role with commas between",
  },
  { flags: "--oidc-admin-groups <groups>", summary: "members are admins, at each sign-in anew, and others are not" },
  {
    flags: "--oidc-create-users",
    summary: "make a user for whoever may come in (without it only users who are there already may)",
  },
];

const SECRET = "ESTEIRA_OIDC_CLIENT_SECRET";

/** Undefined when no provider is named. */
export async function oidcSettings(values: Values, env: Terminal["env"]): Promise<Settings | undefined> {
  const given = (option: string): string | undefined =>
    text(values, camel(option)) ?? (env[variable(option)] || undefined);
  const issuer = given("oidc-issuer");
  if (issuer === undefined) {
    const other = OIDC.map(({ flags }) => flags.split(" ")[0]?.slice(2) ?? "").find(
      (option) => values[camel(option)] !== undefined,
    );
    if (other !== undefined) throw invalid(`--${other} has no meaning without --oidc-issuer.`);
    return undefined;
  }
  const clientId = given("oidc-client-id");
  if (clientId === undefined)
    throw invalid("--oidc-issuer needs --oidc-client-id: under which the provider knows this server.");
  const roles = listedIfAny(given("oidc-roles"))?.map(roleOfGroup);
  return {
    issuer,
    clientId,
    clientSecret: await clientSecret(given("oidc-client-secret-file"), env),
    name: given("oidc-name"),
    scopes: listedIfAny(given("oidc-scopes")),
    usernameClaim: given("oidc-username-claim"),
    groupsClaim: given("oidc-groups-claim"),
    allowedGroups: listedIfAny(given("oidc-allowed-groups")),
    allowedDomains: listedIfAny(given("oidc-allowed-domains")),
    adminGroups: listedIfAny(given("oidc-admin-groups")),
    roles,
    createUsers: values.oidcCreateUsers === true || /^(true|1|yes|on)$/i.test(env[variable("oidc-create-users")] ?? ""),
  };
}

const variable = (option: string): string => `ESTEIRA_${option.toUpperCase().replaceAll("-", "_")}`;
const camel = (option: string): string => option.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

function roleOfGroup(pair: string): { readonly group: string; readonly role: string } {
  const equals = pair.lastIndexOf("=");
  const [group, role] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
  if (equals > 0 && group !== "" && role !== "") return { group, role };
  throw invalid(`--oidc-roles has '${pair}': expected group=role, such as 'fraud-team=editors'.`);
}

async function clientSecret(path: string | undefined, env: Terminal["env"]): Promise<string | undefined> {
  if (path === undefined) return env[SECRET] || undefined;
  if (env[SECRET]) throw invalid(`Give the client's secret in --oidc-client-secret-file or in ${SECRET}, not in both.`);
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    throw invalid(`The file of --oidc-client-secret-file cannot be read: ${(cause as Error).message}.`);
  }
  const secret = content.trim();
  if (secret === "")
    throw invalid(`The file '${path}' of --oidc-client-secret-file is empty: write the client's secret into it.`);
  return secret;
}
