import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@esteira/sdk/client";
import { downloadFile } from "@esteira/sdk/node/download";
import { inParallel } from "@esteira/sdk/node/parallel";
import { uploadFile } from "@esteira/sdk/node/upload";
import { startServer } from "@esteira/server/start";
import { expect, test } from "vitest";
import { cutter, describeTransfers } from "./describe-transfers.ts";

async function start() {
  const folder = await mkdtemp(join(tmpdir(), "esteira-transfers-"));
  const running = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(folder, "esteira.db")}`,
    artifactsDestination: join(folder, "artifacts"),
  });
  const stop = async (): Promise<void> => {
    await running.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: running.url, folder, stop };
}

describeTransfers("Esteira", start);

test("what has come of a broken download is not fetched again, unless the file has changed", async () => {
  const { url, folder, stop } = await start();
  const client = createClient({ baseUrl: url });
  const uri = "mlflow-artifacts:/0/run/artifacts";
  const first = Buffer.alloc(4_000_000, "a");
  const second = Buffer.alloc(4_000_000, "b");
  await client.artifacts.write(uri, "file.bin", first);
  const asked: (string | null)[] = [];
  const recording = (base: string) =>
    createClient({
      baseUrl: base,
      fetch: (input, init) => {
        asked.push(new Headers(init?.headers).get("range"));
        return fetch(input, init);
      },
    });
  const cutting = await cutter(new URL(url), [2_000_000]);
  await downloadFile(recording(cutting.url), uri, "file.bin", join(folder, "same.bin"));
  await cutting.close();
  expect((await readFile(join(folder, "same.bin"))).equals(first)).toBe(true);
  expect(asked[0]).toBeNull();
  expect(Number(/^bytes=(\d+)-$/.exec(asked[1] ?? "")?.[1])).toBeGreaterThan(500_000);

  const again = await cutter(new URL(url), [2_000_000]);
  let changed = false;
  const changing = createClient({
    baseUrl: again.url,
    fetch: async (input, init) => {
      if (changed) await client.artifacts.write(uri, "file.bin", second);
      changed = true;
      return fetch(input, init);
    },
  });
  await downloadFile(changing, uri, "file.bin", join(folder, "changed.bin"));
  await again.close();
  expect((await readFile(join(folder, "changed.bin"))).equals(second)).toBe(true);
  await stop();
});

test("an upload does not keep what it has sent", async () => {
  const { url, folder, stop } = await start();
  const file = join(folder, "large.bin");
  await writeFile(file, Buffer.alloc(160_000_000));
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  await uploadFile(createClient({ baseUrl: url }), file, "mlflow-artifacts:/0/run/artifacts", "large.bin", {
    onProgress: () => {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    },
  });
  // Kept, it would be all of the 160 MB.
  expect(most).toBeLessThan(100_000_000);
  await stop();
}, 120_000);

test("no more than the limit at once, and a failure ends the rest", async () => {
  let [now, most, done] = [0, 0, 0];
  await inParallel(Array.from({ length: 20 }), 3, async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now -= 1;
    done += 1;
  });
  expect([most, done]).toEqual([3, 20]);
  const begun: number[] = [];
  const failing = inParallel([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (item === 1) throw new Error("one failed");
  });
  await expect(failing).rejects.toThrow("one failed");
  expect(begun.length).toBeLessThan(6);
});
