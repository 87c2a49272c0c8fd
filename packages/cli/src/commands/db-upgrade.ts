import { backendStore, storeUri } from "../backend-store.ts";
import { type Command, text } from "../command.ts";

export const dbUpgrade: Command = {
  name: "db upgrade",
  summary: "Bring a database of MLflow 2.0 or later to the schema that Esteira works with; servers must be stopped",
  options: [
    backendStore,
    {
      flags: "-o, --output <name>",
      summary:
        "where the old tables stay: a file (SQLite) or a schema of the database (PostgreSQL) that must not exist yet",
      required: true,
    },
  ],
  async run(values, terminal) {
    const { upgradeDatabase } = await import("@esteira/store/maintenance/upgrade/upgrade-database");
    const backup = text(values, "output") ?? "";
    const copied = await upgradeDatabase(storeUri(values, terminal), backup);
    if (copied === undefined) {
      terminal.out("The database has MLflow 3.17's schema already: nothing was changed.");
      return 0;
    }
    for (const [table, rows] of Object.entries(copied)) terminal.out(`${table.padEnd(26)} ${rows}`);
    terminal.out(`Upgraded. The database as it was is in ${backup}: remove it when you need it no more.`);
    return 0;
  },
};
