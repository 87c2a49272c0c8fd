import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeAccessStore } from "../contract/access-contract.ts";
import { describeRegistryStore } from "../contract/registry-contract.ts";
import { describeTrackingStore } from "../contract/tracking-contract.ts";
import { describeWebhookStore } from "../contract/webhook-contract.ts";
import { openStore } from "../open.ts";
import { newFernetKey } from "../webhooks/fernet.ts";

const artifactRoot = "mlflow-artifacts:/";
const inMemory = () => openStore({ uri: "sqlite://", artifactRoot });
async function inFile() {
  const folder = await mkdtemp(join(tmpdir(), "esteira-store-"));
  const store = await openStore({ uri: `sqlite:///${join(folder, "esteira.db")}`, artifactRoot });
  return {
    ...store,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

describeTrackingStore("SQLite, in memory", inMemory);
describeTrackingStore("SQLite, in a file", inFile);
describeRegistryStore("SQLite, in memory", inMemory);
describeRegistryStore("SQLite, in a file", inFile);

const time = { now: 1_700_000_000_000 };
const withKey = () =>
  openStore({ uri: "sqlite://", artifactRoot, clock: () => time.now++, webhookKey: newFernetKey() });
describeWebhookStore("SQLite, in memory", withKey, time);
describeAccessStore("SQLite, in memory", inMemory);
describeAccessStore("SQLite, in a file", inFile);
