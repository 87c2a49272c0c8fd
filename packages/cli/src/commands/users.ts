import { invalid } from "@esteira/core/errors";
import pc from "picocolors";
import { administrationCommand } from "../administration.ts";
import { type Command, text, type Values } from "../command.ts";
import { readPassword } from "../password.ts";

const USERNAME = { flags: "-u, --username <name>", summary: "the user", required: true } as const;
const PASSWORD = {
  flags: "--password-stdin",
  summary: "read the password from standard input; without it the terminal asks",
} as const;

const username = (values: Values): string => {
  const name = text(values, "username");
  if (name === undefined || name === "") throw invalid("--username is empty: name a user.");
  return name;
};

/** Users of a database, for who can reach it: also where no server runs, and where nobody is an admin yet. */
export const users: readonly Command[] = [
  administrationCommand("users list", "List the users", [], async (admin, _, terminal) => {
    for (const user of await admin.store.listUsers()) {
      const roles = user.roles.map((role) => role.name).filter((name) => !name.startsWith("__user_"));
      terminal.out([user.username, ...(user.isAdmin ? [pc.bold("admin")] : []), ...roles].join("  "));
    }
  }),
  administrationCommand(
    "users create",
    "Create a user",
    [
      USERNAME,
      PASSWORD,
      { flags: "--admin", summary: "the user may do everything" },
      {
        flags: "--no-password",
        summary: "the user signs in at the identity provider only, which knows them by this name",
      },
    ],
    async (admin, values, terminal) => {
      const name = username(values);
      const isAdmin = values.admin === true;
      if (values.password === false) {
        if (values.passwordStdin === true) throw invalid("Give --password-stdin or --no-password, not both.");
        await admin.accounts.createWithoutPassword({ username: name, isAdmin });
      } else {
        const password = await readPassword(terminal, values.passwordStdin === true);
        await admin.accounts.create({ username: name, password, isAdmin });
      }
      terminal.out(`Created ${pc.bold(name)}${values.admin === true ? ", an admin" : ""}.`);
    },
  ),
  administrationCommand(
    "users password",
    "Give a user a new password and end their sessions",
    [USERNAME, PASSWORD],
    async (admin, values, terminal) => {
      const name = username(values);
      await admin.store.getUser(name);
      await admin.accounts.setPassword(name, await readPassword(terminal, values.passwordStdin === true));
      terminal.out(`${pc.bold(name)} has a new password.`);
    },
  ),
  administrationCommand(
    "users admin",
    "Make a user an admin, or with --revoke no longer one",
    [USERNAME, { flags: "--revoke", summary: "take the right away" }],
    async (admin, values, terminal) => {
      const name = username(values);
      await admin.store.setAdmin(name, values.revoke !== true);
      terminal.out(`${pc.bold(name)} is ${values.revoke === true ? "no longer " : ""}an admin.`);
    },
  ),
  administrationCommand(
    "users delete",
    "Delete a user with their tokens, sessions and permissions",
    [USERNAME],
    async (admin, values, terminal) => {
      const name = username(values);
      await admin.store.deleteUser(name);
      terminal.out(`Deleted ${pc.bold(name)}.`);
    },
  ),
];
