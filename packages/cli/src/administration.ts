import type { Administration } from "@esteira/server/administration";
import { type Command, type CommandOption, type Terminal, text, type Values } from "./command.ts";

export const DATABASE: CommandOption = {
  flags: "--backend-store-uri <uri>",
  summary:
    "database, sqlite:///file.db or postgresql://user:password@host/name; also MLFLOW_BACKEND_STORE_URI (default: sqlite:///mlflow.db)",
};

/** Where the database is, as `esteira server` finds it. */
export const backendStoreUri = (values: Values, env: Terminal["env"]): string =>
  text(values, "backendStoreUri") ?? env.MLFLOW_BACKEND_STORE_URI ?? "sqlite:///mlflow.db";

/** A command that works on the database itself, whether or not a server runs on it. */
export const administrationCommand = (
  name: string,
  summary: string,
  options: Command["options"],
  act: (admin: Administration, values: Values, terminal: Terminal) => Promise<void>,
): Command => ({
  name,
  summary,
  options: [...options, DATABASE],
  async run(values, terminal) {
    const admin = await administration(values, terminal);
    try {
      await act(admin, values, terminal);
      return 0;
    } finally {
      await admin.close();
    }
  },
});

async function administration(values: Values, terminal: Terminal): Promise<Administration> {
  const { openAdministration } = await import("@esteira/server/administration");
  return openAdministration(backendStoreUri(values, terminal.env));
}
