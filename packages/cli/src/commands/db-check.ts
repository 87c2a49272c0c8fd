import pc from "picocolors";
import { backendStore, storeUri } from "../backend-store.ts";
import type { Command } from "../command.ts";

/** Exit code of a database that has faults. */
const FAULTY = 2;

export const dbCheck: Command = {
  name: "db check",
  summary: "Look whether a database is sound: its revision, its integrity, rows without an owner, and counts",
  options: [backendStore],
  async run(values, terminal) {
    const { connectExisting } = await import("@esteira/store/maintenance/connect");
    const { checkDatabase } = await import("@esteira/store/maintenance/check");
    const database = await connectExisting(storeUri(values, terminal));
    try {
      const { revision, faults, counts } = await checkDatabase(database);
      terminal.out(`${"database".padEnd(22)} ${database.name}`);
      terminal.out(`${"revision".padEnd(22)} ${revision || "(none)"}`);
      for (const [name, rows] of Object.entries(counts)) terminal.out(`${name.padEnd(22)} ${rows}`);
      for (const fault of faults) terminal.out(`${pc.red("✗")} ${fault}`);
      if (faults.length === 0) terminal.out(`${pc.green("✓")} The database is sound.`);
      return faults.length === 0 ? 0 : FAULTY;
    } finally {
      await database.close();
    }
  },
};
