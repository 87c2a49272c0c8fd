import { SCOPES, type Scope } from "@esteira/core/entities/access";
import { invalid } from "@esteira/core/errors";
import pc from "picocolors";
import { administrationCommand } from "../administration.ts";
import { type Command, listed, text } from "../command.ts";

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Service tokens, for programs: `MLFLOW_TRACKING_TOKEN`. */
export const tokens: readonly Command[] = [
  administrationCommand(
    "tokens create",
    "Create a service token and print it, this once",
    [
      { flags: "-u, --username <name>", summary: "whose permissions it has at most", required: true },
      { flags: "-n, --name <name>", summary: "what it is for", required: true },
      { flags: "--scopes <list>", summary: `of ${SCOPES.join(", ")}`, default: "read,write,registry" },
      { flags: "--days <days>", summary: "how long it lives, at most 366", default: "90" },
      { flags: "--experiments <ids>", summary: "only these experiments" },
      { flags: "--models <names>", summary: "only these registered models" },
    ],
    async (admin, values, terminal) => {
      const user = await admin.store.getUser(text(values, "username") ?? "");
      const made = await admin.createToken({
        userId: user.id,
        name: text(values, "name") ?? "",
        scopes: listed(text(values, "scopes")).map(scopeOf),
        experimentIds: listed(text(values, "experiments")),
        registeredModels: listed(text(values, "models")),
        days: Number(text(values, "days")),
      });
      terminal.note(
        `Token ${made.info.id} of ${user.username}, until ${day(made.info.expiresAt)}. It is not shown again:`,
      );
      terminal.out(made.token);
    },
  ),
  administrationCommand(
    "tokens list",
    "List service tokens",
    [{ flags: "-u, --username <name>", summary: "of this user only" }],
    async (admin, values, terminal) => {
      const name = text(values, "username");
      const users = new Map((await admin.store.listUsers()).map((user) => [user.id, user.username]));
      const owner = name === undefined ? undefined : (await admin.store.getUser(name)).id;
      for (const token of await admin.store.listTokens(owner)) {
        const state = token.revokedAt === undefined ? `until ${day(token.expiresAt)}` : pc.red("revoked");
        const used = token.lastUsedAt === undefined ? "never used" : `used ${day(token.lastUsedAt)}`;
        const bound = token.resources.map(({ type, id }) => `${type}:${id}`);
        terminal.out(
          [token.id, users.get(token.userId) ?? "", token.name, token.scopes.join(","), ...bound, state, used].join(
            "  ",
          ),
        );
      }
    },
  ),
  administrationCommand(
    "tokens revoke",
    "Revoke a service token",
    [{ flags: "--id <id>", summary: "its id, the second part of its text", required: true }],
    async (admin, values, terminal) => {
      const id = text(values, "id") ?? "";
      await admin.store.revokeToken(id);
      terminal.out(`Token ${pc.bold(id)} is revoked.`);
    },
  ),
];

function scopeOf(name: string): Scope {
  const scope = SCOPES.find((known) => known === name);
  if (scope !== undefined) return scope;
  throw invalid(`--scopes holds '${name}': a token may have ${SCOPES.join(", ")}.`);
}
