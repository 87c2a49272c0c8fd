import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@esteira/sdk/client";
import { downloadFile } from "@esteira/sdk/node/download";
import { uploadFile } from "@esteira/sdk/node/upload";
import { startServer } from "@esteira/server/start";
import { describe, expect, test } from "vitest";
import { describeTransfers } from "../default/describe-transfers.ts";
import { newBucket, s3Home } from "./bucket.ts";

const MIB = 1024 * 1024;

async function start() {
  const folder = await mkdtemp(join(tmpdir(), "esteira-transfers-"));
  const bucket = await newBucket();
  const running = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(folder, "esteira.db")}`,
    artifactsDestination: `s3://${bucket.name}/mlflow`,
    env: process.env,
  });
  const stop = async (): Promise<void> => {
    await running.close();
    await bucket.remove();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: running.url, folder, stop };
}

describe.skipIf(s3Home === undefined)("the SDK's transfers", () => {
  describeTransfers("Esteira over S3", start);

  test("a large file goes in parts straight to the bucket; a part that breaks is sent again", async () => {
    const { url, folder, stop } = await start();
    const bytes = Buffer.from(Uint32Array.from({ length: 3 * MIB }, (_, index) => index * 2_654_435_761).buffer);
    const file = join(folder, "large.bin");
    await writeFile(file, bytes);
    const uri = "mlflow-artifacts:/0/run/artifacts";
    const asked: string[] = [];
    let broken = 0;
    const client = createClient({
      baseUrl: url,
      retry: { retries: 3, firstDelayMs: 1, longestDelayMs: 5 },
      fetch: async (input, init) => {
        const { pathname, origin } = new URL(String(input));
        asked.push(`${init?.method} ${origin === url ? pathname : "bucket"}`);
        if (origin !== url && broken++ === 1) throw new TypeError("fetch failed");
        return fetch(input, init);
      },
    });
    let told = 0;
    await uploadFile(client, file, uri, "large.bin", {
      partsFrom: 1,
      partBytes: 5 * MIB,
      onProgress: ({ bytes: sent }) => {
        told = sent;
      },
    });
    expect(told).toBe(bytes.length);
    expect(asked.filter((call) => call === "PUT bucket")).toHaveLength(4);
    expect(asked.at(-1)).toContain("/mpu/complete/");
    await downloadFile(client, uri, "large.bin", join(folder, "back.bin"));
    expect((await readFile(join(folder, "back.bin"))).equals(bytes)).toBe(true);

    // One that cannot be sent is given up as a whole.
    const failing = createClient({
      baseUrl: url,
      retry: { retries: 0, firstDelayMs: 1, longestDelayMs: 1 },
      fetch: async (input, init) => {
        const { pathname, origin } = new URL(String(input));
        asked.push(pathname);
        if (origin !== url) throw new TypeError("fetch failed");
        return fetch(input, init);
      },
    });
    await expect(uploadFile(failing, file, uri, "lost.bin", { partsFrom: 1, partBytes: 5 * MIB })).rejects.toThrow();
    expect(asked.at(-1)).toContain("/mpu/abort/");
    await expect(client.artifacts.read(uri, "lost.bin")).rejects.toThrow();
    await stop();
  });
});
