import { describe, expect, it } from "vitest";
import { availableFeatures, CATALOGUE, featuresByName, planFeatures } from "./catalogue.ts";
import { catalogueDigest, catalogueJson, catalogueMarkdown } from "./describe.ts";

describe("the catalogue", () => {
  it("has at least 40 features of different names, each with a definition of one sentence", () => {
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(40);
    expect(new Set(CATALOGUE.map((feature) => feature.name)).size).toBe(CATALOGUE.length);
    for (const feature of CATALOGUE) {
      expect(feature.name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(feature.definition, feature.name).toMatch(/^[^.]+.*\.$/);
      expect(feature.window, feature.name).toMatch(/^(now|ever|period|\d+ (min|h|d))$/);
    }
  });

  it("leaves out what a ledger without devices, limits and directory cannot have", () => {
    const rows = new Float64Array(1);
    const features = availableFeatures({ time: rows, payer: rows, payee: rows, amountCents: rows });
    const names = features.map((feature) => feature.name);
    expect(names).toContain("c_cnt_24h");
    expect(names).toContain("p_risk_90d");
    for (const absent of ["d_is_new", "limit_use", "p_account_age", "ring_size", "geo_speed", "c_in_sum_1h"]) {
      expect(names).not.toContain(absent);
    }
  });

  it("plans any selection in any order, and names what it does not know", () => {
    expect(featuresByName(["cp_is_new", "amount_log"]).map((feature) => feature.name)).toEqual([
      "cp_is_new",
      "amount_log",
    ]);
    expect(() => planFeatures(["amount_log", "colour"])).toThrow(/No feature is called 'colour'/);
  });

  it("is told as JSON with its digest, and as a Markdown table with a row a feature", () => {
    const some = featuresByName(["p_risk_90d", "p_account_age"]);
    const told = JSON.parse(catalogueJson(some));
    expect(told.digest).toBe(catalogueDigest(some));
    expect(told.features[1]).toEqual({
      name: "p_account_age",
      definition: "Days since the payee's account was opened, as the directory says.",
      window: "ever",
      unit: "days",
      entity: "payee",
      point_in_time: "P4",
      requires: ["payeeOpenedAt"],
      monotone: -1,
    });
    const lines = catalogueMarkdown(some).split("\n");
    expect(lines.filter((line) => line.startsWith("| `"))).toHaveLength(2);
    expect(lines.find((line) => line.startsWith("| `p_account_age`"))).toMatch(/ P4 \| falls \|$/);
  });

  it("has a digest that changes with order, wording and selection", () => {
    const digests = [
      catalogueDigest(featuresByName(["p_risk_90d", "cp_is_new"])),
      catalogueDigest(featuresByName(["cp_is_new", "p_risk_90d"])),
      catalogueDigest(featuresByName(["cp_is_new"])),
      catalogueDigest([{ ...featuresByName(["cp_is_new"])[0]!, definition: "Something else." }]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});
