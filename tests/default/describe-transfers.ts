import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Client, createClient } from "@esteira/sdk/client";
import { downloadFile } from "@esteira/sdk/node/download";
import { downloadFolder, uploadFolder } from "@esteira/sdk/node/folder";
import { uploadFile } from "@esteira/sdk/node/upload";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const SIZE = 3_000_000;
/** Bytes of which no part is like another. */
const content = (size: number): Buffer =>
  Buffer.from(Uint32Array.from({ length: size / 4 }, (_, index) => index * 2_654_435_761).buffer);

/** How files go up and down, the same against any server that speaks MLflow's artifact calls. */
export function describeTransfers(
  peer: string,
  start: () => Promise<{ url: string; stop: () => Promise<void> }>,
): void {
  describe(`artifacts of ${peer}`, () => {
    let folder: string;
    let url: string;
    let stop: () => Promise<void>;
    let client: Client;
    let uri: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "esteira-transfers-"));
      ({ url, stop } = await start());
      client = createClient({ baseUrl: url });
      const experimentId = await client.experiments.ensure("transfers");
      uri = (await client.runs.create({ experimentId, startTime: 1 })).info.artifactUri;
    });
    afterAll(async () => {
      await stop?.();
      await rm(folder, { recursive: true, force: true });
    });

    async function write(files: Readonly<Record<string, Buffer>>, name: string): Promise<string> {
      const home = join(folder, name);
      for (const [file, bytes] of Object.entries(files)) {
        await mkdir(dirname(join(home, file)), { recursive: true });
        await writeFile(join(home, file), bytes);
      }
      return home;
    }

    test("a folder goes up and comes down as it was, several files at once, and tells how far it is", async () => {
      const files: Record<string, Buffer> = { MLmodel: Buffer.from("flavors: {}"), "data/empty.bin": Buffer.alloc(0) };
      for (let index = 0; index < 12; index++) files[`data/açúcar ${index}.bin`] = content(40_000 + 4 * index);
      files["large.bin"] = content(SIZE);
      const home = await write(files, "up");
      const sent = new Map<string, number>();
      await uploadFolder(client, home, uri, "model", {
        onProgress: ({ path, bytes }) => void sent.set(path, bytes),
      });
      expect(sent.get("model/large.bin")).toBe(SIZE);
      const received = new Map<string, number>();
      const back = join(folder, "down");
      await downloadFolder(client, uri, back, "model", {
        onProgress: ({ path, bytes, size }) => {
          received.set(path, bytes);
          if (size !== undefined) expect(bytes).toBeLessThanOrEqual(size);
        },
      });
      expect(received.get("model/large.bin")).toBe(SIZE);
      const names = (await readdir(back, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(back.length + 1));
      expect(names.sort()).toEqual(Object.keys(files).sort());
      for (const [file, bytes] of Object.entries(files)) {
        expect((await readFile(join(back, file))).equals(bytes), file).toBe(true);
      }
    });

    test("a server without parts gets the file as one", async () => {
      const home = await write({ "one.bin": content(SIZE) }, "one");
      await uploadFile(client, join(home, "one.bin"), uri, "one.bin", { partsFrom: 1 });
      await downloadFile(client, uri, "one.bin", join(folder, "one-back.bin"));
      expect((await readFile(join(folder, "one-back.bin"))).equals(content(SIZE))).toBe(true);
    });

    test("a download that breaks is taken up again, and one that fails leaves what was there", async () => {
      await client.artifacts.write(uri, "broken.bin", content(SIZE));
      const cutting = await cutter(new URL(url), [400_000, 1_000_000]);
      const target = join(folder, "broken", "file.bin");
      const through = createClient({ baseUrl: cutting.url });
      await downloadFile(through, uri, "broken.bin", target);
      expect((await readFile(target)).equals(content(SIZE))).toBe(true);
      expect(cutting.cuts()).toBe(2);
      await cutting.close();

      const always = await cutter(
        new URL(url),
        Array.from({ length: 50 }, () => 300),
      );
      const hopeless = createClient({ baseUrl: always.url, retry: { retries: 0, firstDelayMs: 1, longestDelayMs: 1 } });
      await expect(downloadFile(hopeless, uri, "broken.bin", target, { attempts: 2 })).rejects.toThrow();
      await always.close();
      expect((await readFile(target)).equals(content(SIZE))).toBe(true);
      expect(await readdir(dirname(target))).toEqual(["file.bin"]);
    });

    test("what is not there is told, and leaves nothing", async () => {
      const target = join(folder, "absent", "file.bin");
      await expect(downloadFile(client, uri, "absent.bin", target)).rejects.toThrow();
      expect(await readdir(dirname(target))).toEqual([]);
      await expect(uploadFile(client, join(folder, "nothing"), uri, "x")).rejects.toThrow("ENOENT");
    });
  });
}

/** Passes connections on, and breaks the first ones after so many bytes of their answers. */
export async function cutter(target: URL, after: readonly number[]) {
  const limits = [...after];
  const open = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const limit = limits.shift();
    const backend = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, backend],
      [backend, client],
    ] as const) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
    client.pipe(backend);
    let passed = 0;
    backend.on("data", (chunk: Buffer) => {
      passed += chunk.length;
      if (limit === undefined || passed <= limit) return void client.write(chunk);
      cuts += 1;
      backend.destroy();
      client.destroy();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    cuts: () => cuts,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
