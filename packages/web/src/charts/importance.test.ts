import { describe, expect, it } from "vitest";
import type { Dimension } from "./dimensions.ts";
import { importances, LEAST_RUNS } from "./importance.ts";
import { randomOf } from "./statistics.ts";

const numeric = (id: string, values: readonly number[]): Dimension => ({
  id,
  label: id,
  kind: "number",
  categories: [],
  values,
});
const kinds = (id: string, values: readonly string[]): Dimension => ({
  id,
  label: id,
  kind: "category",
  categories: [...new Set(values)].sort(),
  values,
});
const rest = async () => {};
const columns = (count: number, rows: number, seed: number) => {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => Array.from({ length: rows }, () => random()));
};

describe("importances", () => {
  it("finds Friedman's five among ten, the linear one first, and explains most of the variance", async () => {
    // Friedman (1991): 10 sin(pi x1 x2) + 20 (x3 - 0.5)^2 + 10 x4 + 5 x5; x6 to x10 do nothing.
    const x = columns(10, 300, 5);
    const y = x[0]!.map(
      (_, at) =>
        10 * Math.sin(Math.PI * x[0]![at]! * x[1]![at]!) +
        20 * (x[2]![at]! - 0.5) ** 2 +
        10 * x[3]![at]! +
        5 * x[4]![at]!,
    );
    const found = await importances(
      numeric("y", y),
      x.map((values, at) => numeric(`x${at + 1}`, values)),
      rest,
    );
    expect(found!.of[0]!.id).toBe("x4");
    expect(
      found!.of
        .slice(0, 5)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(["x1", "x2", "x3", "x4", "x5"]);
    expect(found!.explained).toBeGreaterThan(0.7);
    // What rises and falls again has no rank correlation, and matters all the same.
    const bent = found!.of.find(({ id }) => id === "x3")!;
    expect(Math.abs(bent.correlation!)).toBeLessThan(0.2);
    expect(bent.share).toBeGreaterThan(Math.max(...found!.of.slice(5).map(({ share }) => share)) * 2);
  });

  it("weighs categories, whose names have no order", async () => {
    const [noise, pick] = columns(2, 120, 9);
    const kind = pick!.map((share) => ["rmsprop", "adam", "sgd", "lion"][Math.floor(share * 4)]!);
    const y = kind.map((name, at) => (name === "adam" || name === "sgd" ? 1 : 0) + noise![at]! / 10);
    const found = await importances(numeric("y", y), [kinds("optimizer", kind), numeric("noise", noise!)], rest);
    expect(found!.of.map(({ id }) => id)).toEqual(["optimizer", "noise"]);
    expect(found!.of[0]).toMatchObject({ correlation: undefined, share: expect.closeTo(2, 0) });
  });

  it("explains nothing where nothing is to be explained, and says the same each time", async () => {
    const x = columns(4, 80, 3);
    const params = x.slice(1).map((values, at) => numeric(`x${at}`, values));
    const found = await importances(numeric("y", x[0]!), params, rest);
    expect(found!.explained).toBeLessThan(0.2);
    expect(await importances(numeric("y", x[0]!), params, rest)).toEqual(found);
  });

  it("says nothing of too few runs, of a metric that does not vary, and of params that do not differ", async () => {
    const x = columns(2, 30, 1);
    expect(
      await importances(numeric("y", x[0]!.slice(0, LEAST_RUNS - 1)), [numeric("x", x[1]!)], rest),
    ).toBeUndefined();
    expect(
      await importances(
        numeric(
          "y",
          x[0]!.map(() => 0.1),
        ),
        [numeric("x", x[1]!)],
        rest,
      ),
    ).toBeUndefined();
    expect(
      await importances(
        numeric("y", x[0]!),
        [
          numeric(
            "x",
            x[1]!.map(() => 3),
          ),
        ],
        rest,
      ),
    ).toBeUndefined();
  });

  it("leaves out runs without the metric, and takes a missing param for a value of its own", async () => {
    const [x] = columns(1, 40, 2);
    const y = x!.map((value, at) => (at % 5 === 0 ? undefined : at % 2 ? 5 : value));
    const values = x!.map((value, at) => (at % 2 ? undefined : value));
    const found = await importances({ ...numeric("y", []), values: y }, [{ ...numeric("x", []), values }], rest);
    expect(found).toMatchObject({ runs: 32, of: [{ id: "x" }] });
    expect(found!.explained).toBeGreaterThan(0.9);
  });
});
