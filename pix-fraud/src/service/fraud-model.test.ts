import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { modelBytes } from "@esteira/models/engines/trees/fixtures/fixture";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CATALOGUE } from "../features/catalogue.ts";
import { catalogueDigest } from "../features/describe.ts";
import { openFraudModel } from "./fraud-model.ts";

const FEATURES = CATALOGUE.slice(0, 6);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-fraud-model-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let made = 0;
async function folderOf(
  said: { readonly model_sha256?: string; readonly features_sha256?: string } = {},
): Promise<string> {
  made += 1;
  const folder = join(root, String(made));
  const ubj = modelBytes("binary.ubj");
  await writeModelFolder(folder, {
    ubj,
    createdAt: 0,
    modelUuid: "0".repeat(32),
    modelId: `m-${"0".repeat(32)}`,
    signature: {
      inputs: FEATURES.map(({ name }) => ({ kind: "column", name, type: "double", required: false })),
      outputs: [{ kind: "tensor", dtype: "float32", shape: [-1] }],
    },
    metadata: {
      esteira: {
        model_sha256: createHash("sha256").update(ubj).digest("hex"),
        trainer: "xgboost",
        features_sha256: catalogueDigest(FEATURES),
        ledger_sha256: "0".repeat(64),
        utc_offset_ms: -10_800_000,
        threshold: 0.5,
        alert_budget: 0.001,
        weight_factor: 1,
        ledger_prevalence: 0.001,
        true_to_ledger_prevalence: 1,
        ...said,
      },
    },
  });
  return folder;
}

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
