import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { syntheticData } from "../../training/training-data.testing.ts";
import { Booster, parseEvaluation } from "./booster.ts";
import { TrainingMatrix } from "./matrix.ts";
import { type NativeXgboost, plainFault } from "./native.ts";
import { present, xgboostForTests } from "./xgboost.testing.ts";

const found = await xgboostForTests();

const DATA = syntheticData(2_000, 11);
const COLUMNS = DATA.featureNames.length;
const LABELS = Float32Array.from(DATA.labels);
const TABLE = { values: DATA.values, rows: DATA.rows, columns: COLUMNS, labels: LABELS };
const SAMPLED = { max_depth: 4, subsample: 0.7, colsample_bytree: 0.7, eval_metric: "aucpr" };

interface Settings {
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  readonly rounds?: number;
  readonly threads?: number;
  readonly seed?: number;
  readonly dense?: boolean;
}

async function trained(native: NativeXgboost, settings: Settings = {}): Promise<Booster> {
  const { params = SAMPLED, rounds = 8, threads = 2, seed = 7, dense = false } = settings;
  const matrix = dense
    ? TrainingMatrix.dense(native, TABLE)
    : await TrainingMatrix.quantile(native, TABLE, { maxBin: 256, threads });
  const all = { objective: "binary:logistic", tree_method: "hist", nthread: threads, seed, ...params };
  const booster = Booster.create(native, [matrix], Object.entries(all));
  booster.setFeatures(DATA.featureNames);
  for (let round = 0; round < rounds; round++) await booster.update(round, matrix);
  matrix.dispose();
  return booster;
}

describe.skipIf(found === undefined)("a booster", () => {
  test("gives the same bytes for one seed, whatever was trained before or at the same time", async () => {
    const native = present(found);
    const first = await trained(native);
    // The library's random generator lives in the thread, which all boosters share.
    const [between, second] = await Promise.all([trained(native, { seed: 99, rounds: 5 }), trained(native)]);
    const other = await trained(native, { seed: 8 });
    expect(Buffer.from(second.save("ubj")).equals(first.save("ubj"))).toBe(true);
    expect(Buffer.from(other.save("ubj")).equals(first.save("ubj"))).toBe(false);
    for (const booster of [first, between, second, other]) booster.dispose();
  });

  test("does not depend on the number of threads nor on the kind of matrix", async () => {
    const native = present(found);
    const boosters = [
      await trained(native, { threads: 1 }),
      await trained(native, { threads: 2 }),
      await trained(native, { dense: true }),
    ];
    const [one, ...others] = boosters.map((booster) => Buffer.from(booster.save("ubj")));
    for (const bytes of others) expect(bytes.equals(one!)).toBe(true);
    for (const booster of boosters) booster.dispose();
  });

  test("predicts one row, a batch and a loaded copy alike", async () => {
    const native = present(found);
    const booster = await trained(native);
    const copy = Booster.load(native, booster.save("json"));
    const batch = await booster.predictBatch(DATA.values, DATA.rows);
    expect(await copy.predictBatch(DATA.values, DATA.rows)).toEqual(batch);
    for (const row of [0, 1, 1_999]) {
      const values = DATA.values.slice(row * COLUMNS, (row + 1) * COLUMNS);
      expect(booster.predictNow(values, 1)[0]).toBe(batch[row]);
      expect(1 / (1 + Math.exp(-booster.predictNow(values, 1, "margin")[0]!))).toBeCloseTo(batch[row]!, 6);
    }
    expect(copy.featureNames).toEqual([...DATA.featureNames]);
    booster.dispose();
    copy.dispose();
  });

  test("explains a margin as the sum of its contributions, and names leaves", async () => {
    const booster = await trained(present(found));
    const rows = 50;
    const values = DATA.values.slice(0, rows * COLUMNS);
    const margins = booster.predictNow(values, rows, "margin");
    const contributions = await booster.contributions(values, rows);
    expect(contributions).toHaveLength(rows * (COLUMNS + 1));
    for (let row = 0; row < rows; row++) {
      const parts = contributions.subarray(row * (COLUMNS + 1), (row + 1) * (COLUMNS + 1));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(margins[row]!, 4);
    }
    const leaves = await booster.leaves(values, rows);
    expect(leaves).toHaveLength(rows * 8);
    expect(leaves.every((leaf) => Number.isInteger(leaf) && leaf >= 0)).toBe(true);
    booster.dispose();
  });

  test("stores feature names and types in the model file", async () => {
    const booster = await trained(present(found));
    const model = JSON.parse(Buffer.from(booster.save("json")).toString("utf8"));
    expect(model.learner.feature_names).toEqual([...DATA.featureNames]);
    expect(model.learner.feature_types).toEqual(DATA.featureNames.map(() => "float"));
    expect(Buffer.from(booster.save("ubj")).includes("velocity")).toBe(true);
    booster.dispose();
  });

  test("slices to the first rounds, keeps names, takes attributes", async () => {
    const native = present(found);
    const booster = await trained(native);
    const slice = booster.slice(0, 3);
    slice.setAttribute("best_iteration", "2");
    const reloaded = Booster.load(native, slice.save("ubj"));
    expect([booster.rounds, slice.rounds, reloaded.rounds]).toEqual([8, 3, 3]);
    expect(reloaded.attribute("best_iteration")).toBe("2");
    expect(reloaded.attribute("absent")).toBeUndefined();
    expect(reloaded.featureNames).toEqual([...DATA.featureNames]);
    expect(() => booster.slice(0, 99)).toThrow("no rounds 0 to 99");
    for (const each of [booster, slice, reloaded]) each.dispose();
  });

  test("measures gain, weight and cover by feature name", async () => {
    const booster = await trained(present(found));
    const gain = booster.importance("gain");
    expect(gain.get("amount")).toBeGreaterThan(gain.get("noise_0") ?? 0);
    expect(booster.importance("weight").get("amount")).toBeGreaterThan(0);
    expect(booster.importance("cover").get("amount")).toBeGreaterThan(0);
    booster.dispose();
  });

  test("lets the event loop live while a round is added", async () => {
    const native = present(found);
    const params = { ...SAMPLED, num_parallel_tree: 200, max_depth: 8 };
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const booster = await trained(native, { params, rounds: 1 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);
    booster.dispose();
  });

  test("tells why a parameter was refused, when the booster is made", () => {
    const native = present(found);
    const matrix = TrainingMatrix.dense(native, TABLE);
    const make = (name: string, value: string) => () => Booster.create(native, [matrix], [[name, value]]);
    expect(make("max_depth", "deep")).toThrow("XGBoost refused: Invalid Parameter format for max_depth expect int");
    expect(make("eval_metric", "nothing")).toThrow("Unknown metric function nothing");
    matrix.dispose();
  });

  test("tells why a round failed, though it failed on another thread", async () => {
    const native = present(found);
    const matrix = TrainingMatrix.dense(native, { ...TABLE, labels: LABELS.map(() => 5) });
    const params = { objective: "binary:logistic", base_score: 0.5 };
    const booster = Booster.create(native, [matrix], Object.entries(params));
    // An older error of this thread, which must not be shown for the new one.
    expect(() => booster.slice(7, 3)).toThrow();
    await expect(booster.update(0, matrix)).rejects.toThrow("refused: label must be in (0, 1) for logistic regression");
    booster.dispose();
    matrix.dispose();
  });

  test("refuses bytes that are no model, and lengths that would read outside of an array", async () => {
    const native = present(found);
    expect(() => Booster.load(native, new Uint8Array([123, 1, 2, 3]))).toThrow("XGBoost refused");
    expect(() => Booster.load(native, new Uint8Array())).toThrow("has 0 bytes");
    const booster = await trained(native, { rounds: 1 });
    expect(() => booster.predictNow(new Float32Array(5), 1)).toThrow(`needs ${COLUMNS} values, not 5`);
    expect(() => TrainingMatrix.dense(native, { ...TABLE, labels: new Float32Array(3) })).toThrow("not 3");
    expect(booster.predictNow(new Float32Array(), 0)).toHaveLength(0);
    booster.dispose();
  });

  test("may be disposed while a round runs, and is then of no more use", async () => {
    const native = present(found);
    const matrix = TrainingMatrix.dense(native, TABLE);
    const booster = Booster.create(native, [matrix], [["num_parallel_tree", 50]]);
    const round = booster.update(0, matrix);
    expect(() => booster.rounds).toThrow("is being trained");
    booster.dispose();
    await round;
    expect(() => booster.rounds).toThrow("already disposed");
    booster.dispose();
    matrix.dispose();
    expect(() => matrix.handle).toThrow("already disposed");
  });

  test.skipIf(process.platform === "win32")("rests its threads passively, unless the user says otherwise", () => {
    const { path } = present(found);
    const script = `import { openXgboost } from ${JSON.stringify(new URL("./native.ts", import.meta.url).href)}; openXgboost(${JSON.stringify(path)});`;
    const policyWith = (env: NodeJS.ProcessEnv): string => {
      const { stderr } = spawnSync(
        process.execPath,
        ["--conditions=@esteira/source", "--import", "tsx", "--input-type=module", "--eval", script],
        { env: { ...process.env, OMP_DISPLAY_ENV: "true", ...env }, encoding: "utf8" },
      );
      return /OMP_WAIT_POLICY = '(\w+)'/.exec(stderr)?.[1] ?? stderr;
    };
    expect(policyWith({ OMP_WAIT_POLICY: undefined })).toBe("PASSIVE");
    expect(policyWith({ OMP_WAIT_POLICY: "ACTIVE" })).toBe("ACTIVE");
  });
});

test("an evaluation line gives metrics by table and name", () => {
  expect(parseEvaluation("[3]\ttrain-aucpr:0.5\tvalidation-error@0.3:0.125")).toEqual({
    "train-aucpr": 0.5,
    "validation-error@0.3": 0.125,
  });
});

test("an error text loses its clock, its source file and its stack trace", () => {
  const text =
    "[10:11:12] /workspace/src/objective/regression_obj.cu:119: label must be in [0,1]\nStack trace:\n  [bt] (0) x";
  expect(plainFault(text)).toBe("label must be in [0,1]");
  expect(plainFault("[10:11:12] src/a.cc:3: Check failed: valid (0 vs. 1) : base_score is wrong")).toBe(
    "base_score is wrong",
  );
});
