import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openStore } from "@esteira/store/open";
import { SealFile } from "@esteira/store/timeline/seal-file";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifierScript } from "./verifier-script.ts";

const run = promisify(execFile);
let folder: string;
let entries: readonly string[];
let seals: readonly string[];
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-verifier-"));
  const store = await openStore({ uri: "sqlite://", artifactRoot: "mlflow-artifacts:/" });
  const file = new SealFile(join(folder, "t.signing-key"));
  await store.createRegisteredModel({ name: "fraude é crime", tags: [{ key: "__proto__", value: '"\u2028\n' }] });
  for (let version = 1; version <= 6; version++) {
    await store.createModelVersion({ name: "fraude é crime", source: "s3://b/m", tags: [] });
    await store.setAlias("fraude é crime", "champion", String(version));
    if (version % 3 === 0) key = (await store.timeline.checkpoint(file)).key;
    if (version === 3) file.rotate(1);
  }
  entries = (await store.timeline.read(0)).map(({ entry }) => entry);
  seals = file.read().map((seal) => JSON.stringify(seal));
  await store.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function verified(
  lines: readonly string[],
  ...keys: readonly string[]
): Promise<{ code: unknown; said: string }> {
  const file = join(folder, "export.jsonl");
  await writeFile(file, `${lines.join("\n")}\n`);
  try {
    return { code: 0, said: (await run(process.execPath, [verifierScript(), file, ...keys])).stdout };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && "stdout" in error)) throw error;
    return { code: error.code, said: String(error.stdout) };
  }
}

describe("the program that verifies an export by itself", () => {
  it("finds a sound one sound, with the key that is known", async () => {
    expect(await verified([...entries, ...seals], key)).toMatchObject({ code: 0 });
    expect((await verified([...entries, ...seals])).said).toContain("13 entries, 13 of them signed");
  });

  it.each([
    [
      "an edited entry",
      () => entries.map((line, at) => (at === 4 ? line.replace('"local"', '"eve"') : line)),
      "entry 6 does not continue",
    ],
    ["a missing entry", () => entries.filter((_, at) => at !== 4), "entry 6 stands where entry 5 should be"],
    [
      "two in the wrong order",
      () => entries.map((line, at) => entries[at === 4 ? 5 : at === 5 ? 4 : at] ?? line),
      "stands where",
    ],
    ["a cut-off end", () => entries.slice(0, 11), "there are 11: the end was cut off"],
    ["no canonical form", () => entries.map((line) => line.replace("{", "{ ")), "not in canonical form"],
  ])("tells %s", async (_, forged, fault) => {
    const { code, said } = await verified([...forged(), ...seals]);
    expect([code, said]).toEqual([3, expect.stringContaining(fault)]);
  });

  it("tells a forged checkpoint, and a key that is not the known one", async () => {
    const forged = seals.map((line) => line.replace('"size":13', '"size":12'));
    expect((await verified([...entries, ...forged])).said).toContain("is not signed by the key");
    expect(await verified([...entries, ...seals], "0".repeat(64))).toMatchObject({ code: 3 });
    expect(await verified([...entries, ...seals.slice(3)])).toMatchObject({ code: 3 });
  });
});
