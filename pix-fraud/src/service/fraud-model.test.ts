import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelBytes } from "@esteira/models/engines/trees/fixtures/fixture";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEATURES, writeFraudModel } from "./fraud-model.testing.ts";
import { openFraudModel } from "./fraud-model.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-fraud-model-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let made = 0;
const folderOf = (said: { readonly model_sha256?: string; readonly features_sha256?: string } = {}): Promise<string> =>
  writeFraudModel(join(root, String(++made)), said);

describe("opening a fraud model", () => {
  it("takes one whose bytes and features are those of its training", async () => {
    const model = await openFraudModel(await folderOf());
    expect(model.names).toEqual(FEATURES.map(({ name }) => name));
  });

  it("refuses one whose file was put in its place afterwards, though it is a model as good as any", async () => {
    const folder = await folderOf();
    await writeFile(join(folder, "model.ubj"), modelBytes("pruned.ubj"));
    await expect(openFraudModel(folder)).rejects.toThrow("it was changed after training");
  });

  it("refuses one of whose file a single bit is another", async () => {
    const folder = await folderOf();
    const bytes = await readFile(join(folder, "model.ubj"));
    const leaf = bytes.lastIndexOf("split_conditions") + 40;
    bytes[leaf] = (bytes[leaf] ?? 0) ^ 1;
    await writeFile(join(folder, "model.ubj"), bytes);
    await expect(openFraudModel(folder)).rejects.toThrow("it was changed after training");
  });

  it("refuses one that was trained with features of another meaning", async () => {
    await expect(openFraudModel(await folderOf({ features_sha256: "0".repeat(64) }))).rejects.toThrow(
      "was trained with another version of the features",
    );
  });
});
