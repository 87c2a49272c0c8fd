import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { describeRunOrder } from "../contract/run-order-contract.ts";
import { describeSharedDatabase } from "../contract/sharing-contract.ts";
import { describeStore } from "../contract/store-contract.ts";
import { createContext } from "../database/context.ts";
import { openSession, openStore } from "../open.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-store-"));
});
afterAll(() => rm(folder, { recursive: true }));
let files = 0;
const newFile = (): string => `sqlite:///${join(folder, `${++files}.db`)}`;
const artifactRoot = "mlflow-artifacts:/";

describeStore("SQLite, in memory", (options) => openStore({ uri: "sqlite://", artifactRoot, ...options }));

describeStore("SQLite, in a file", (options) => openStore({ uri: newFile(), artifactRoot, ...options }));
describeSharedDatabase("SQLite", (count) => {
  const uri = newFile();
  return Promise.all(Array.from({ length: count }, () => openStore({ uri, artifactRoot })));
});
describeRunOrder("SQLite", () => openSession(newFile(), createContext({ artifactRoot })));
