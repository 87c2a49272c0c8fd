/**
 * The SDK's transfer of one large file to an Esteira server in a process of its own and back: seconds, and how much memory this
 * process takes at most beyond what it had. `--mb` is the size of the file (1000 by default).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClient } from "@esteira/sdk/client";
import { downloadFile } from "@esteira/sdk/node/download";
import { uploadFile } from "@esteira/sdk/node/upload";

const { values } = parseArgs({ options: { mb: { type: "string", default: "1000" } } });
const size = Number(values.mb) * 1_000_000;
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-"));
const cli = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
const server = spawn(
  process.execPath,
  [...process.execArgv, cli, "server", "--port", "0", "--artifacts-destination", join(folder, "artifacts")].concat([
    "--backend-store-uri",
    `sqlite:///${join(folder, "bench.db")}`,
  ]),
  { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NO_COLOR: "1" } },
);
try {
  const file = join(folder, "large.bin");
  await fill(file);
  const client = createClient({ baseUrl: await addressOf() });
  const uri = "mlflow-artifacts:/0/run/artifacts";
  const before = process.memoryUsage.rss();
  let most = before;
  const onProgress = (): void => {
    most = Math.max(most, process.memoryUsage.rss());
  };
  const up = await seconds(() => uploadFile(client, file, uri, "large.bin", { onProgress }));
  const down = await seconds(() => downloadFile(client, uri, "large.bin", join(folder, "back.bin"), { onProgress }));
  if ((await stat(join(folder, "back.bin"))).size !== size) throw new Error("the file came back with another size");
  console.log(`${values.mb} MB: up ${up.toFixed(1)} s, down ${down.toFixed(1)} s`);
  console.log(`memory: at most ${Math.round((most - before) / 1_000_000)} MB more than before`);
} finally {
  const ended = once(server, "exit");
  server.kill();
  await ended;
  await rm(folder, { recursive: true, force: true });
}

async function fill(path: string): Promise<void> {
  const handle = await open(path, "w");
  const block = Buffer.alloc(1_000_000, "0123456789");
  for (let at = 0; at < size; at += block.length) await handle.write(block);
  await handle.close();
}

async function addressOf(): Promise<string> {
  for await (const line of createInterface({ input: server.stdout })) {
    const url = /serves at (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error("the server did not start");
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
