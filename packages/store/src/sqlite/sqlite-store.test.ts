import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "../contract/store-contract.ts";
import { openStore } from "../open.ts";

const artifactRoot = "mlflow-artifacts:/";

describeStore("SQLite, in memory", (options) => openStore({ uri: "sqlite://", artifactRoot, ...options }));

describeStore("SQLite, in a file", async (options) => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-store-"));
  const store = await openStore({ uri: `sqlite:///${join(folder, "esteira.db")}`, artifactRoot, ...options });
  return {
    ...store,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});
