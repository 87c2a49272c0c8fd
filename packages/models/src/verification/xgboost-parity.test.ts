import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present, xgboostForTests } from "../engines/xgboost/xgboost.testing.ts";
import { writeModelFolder } from "../format/model-folder.ts";
import { columnsOf } from "../format/signature.ts";
import { createTrainer } from "../training/trainers.ts";
import { syntheticData } from "../training/training-data.testing.ts";
import { compareWithXgboost } from "./xgboost-parity.ts";

const native = await xgboostForTests();
const data = syntheticData(3000, 7);
const width = data.featureNames.length;
const given = Array.from({ length: 200 }, (_, row) => [...data.values.subarray(row * width, (row + 1) * width)]);

describe.skipIf(native === undefined)("the packaged model beside libxgboost", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-parity-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function packaged(trainer: "xgboost" | "random-forest", seed: number) {
    const model = await createTrainer(trainer, present(native)).train({
      train: syntheticData(3000, seed),
      params: { n_estimators: 40 },
      seed: 1,
    });
    const folder = join(root, `${trainer}-${seed}`);
    await writeModelFolder(folder, {
      ubj: model.modelBytes,
      createdAt: 0,
      modelUuid: "0",
      signature: { inputs: columnsOf(data.featureNames, "double") },
    });
    model.dispose();
    return { folder, modelBytes: model.modelBytes };
  }
  const question = { given, native: present(native), digest: "ab", at: 0, tolerance: 1e-6 };

  it.each(["xgboost", "random-forest"] as const)("answers as %s's does, to the last bit of exp", async (trainer) => {
    const report = await compareWithXgboost({ ...question, ...(await packaged(trainer, 1)) });
    expect(report).toMatchObject({ against: "xgboost", digest: "ab", passed: true, incomparable: 0, refused: 0 });
    expect(report.rows).toBe(200 + width * 7);
    expect(report.kinds).toEqual({ given: 200, missing: width, extreme: width * 6 });
    expect(report.maxUlp).toBeLessThanOrEqual(2);
    expect(report.versions.xgboost).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it("fails for another model than the one that was trained", async () => {
    const { folder } = await packaged("xgboost", 3);
    const { modelBytes } = await packaged("xgboost", 4);
    const report = await compareWithXgboost({ ...question, folder, modelBytes });
    expect(report.passed).toBe(false);
    expect(report.differing).toBeGreaterThan(100);
  });
});
