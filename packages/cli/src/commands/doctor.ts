import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import pc from "picocolors";
import type { Command, Terminal } from "../command.ts";

interface Finding {
  readonly good: boolean;
  readonly text: string;
}

/** What this machine needs for training and serving, tried for real. */
const CHECKS: readonly { readonly name: string; readonly look: (terminal: Terminal) => Promise<Finding> }[] = [
  {
    name: "Node",
    look: async () => {
      const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
      const good = major > 20 || (major === 20 && minor >= 19);
      return { good, text: `${process.version}${good ? "" : ": 20.19 or newer is needed"}` };
    },
  },
  {
    name: "Database",
    look: async () => {
      const { startServer } = await import("@esteira/server/start");
      const folder = await mkdtemp(join(tmpdir(), "esteira-doctor-"));
      try {
        const server = await startServer({
          host: "127.0.0.1",
          port: 0,
          backendStoreUri: `sqlite:///${join(folder, "doctor.db")}`,
          artifactsDestination: join(folder, "artifacts"),
        });
        const answer = await fetch(`${server.url}/health`);
        await server.close();
        return { good: answer.ok, text: "a server starts on a free port and makes its database" };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
  {
    name: "XGBoost",
    look: async (terminal) => {
      const { locateXgboost } = await import("@esteira/models/engines/xgboost/library");
      const { openXgboost } = await import("@esteira/models/engines/xgboost/native");
      const library = await locateXgboost({ onProgress: terminal.note });
      openXgboost(library.path);
      return {
        good: true,
        text: `libxgboost ${library.version} (${library.source}), sha256 ${library.sha256.slice(0, 12)}`,
      };
    },
  },
];

export const doctor: Command = {
  name: "doctor",
  summary: "Try what training and serving need on this machine, and say what is missing",
  options: [],
  async run(_values, terminal) {
    let good = true;
    for (const { name, look } of CHECKS) {
      const found = await look(terminal).catch((error: unknown): Finding => {
        if (error instanceof EsteiraError) return { good: false, text: error.message };
        return { good: false, text: error instanceof Error ? error.message : String(error) };
      });
      good &&= found.good;
      terminal.out(`${found.good ? pc.green("✓") : pc.red("✗")} ${name.padEnd(9)} ${found.text}`);
    }
    return good ? 0 : 2;
  },
};
