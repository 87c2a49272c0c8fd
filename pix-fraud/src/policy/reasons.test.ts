import { expect, test } from "vitest";
import { CATALOGUE } from "../features/catalogue.ts";
import { REASON_TEXTS } from "./reason-texts.ts";
import { describe, topReasons } from "./reasons.ts";

const feature = (name: string) => CATALOGUE.find((item) => item.name === name)!;

test("every feature of the catalogue has its words in both languages, and no others are kept", () => {
  expect(Object.keys(REASON_TEXTS).sort()).toEqual(CATALOGUE.map((item) => item.name).sort());
});

test("values are told in their unit and language", () => {
  expect(describe(feature("c_sum_1h"), 1234.5, "en")).toBe("R$1,234.50 paid in the last hour");
  expect(describe(feature("c_sum_1h"), 1234.5, "pt-BR").replace(/\u00a0/g, " ")).toBe(
    "R$ 1.234,50 pagos na última hora",
  );
  expect(describe(feature("c_secs_since_last"), 30, "en")).toBe("30 seconds since the previous payment");
  expect(describe(feature("balance_drain"), 0.93, "pt-BR")).toBe("leva 93% do saldo");
  expect(describe(feature("p_account_age"), 12, "en")).toBe("payee's account is 12 days old");
  expect(describe(feature("cp_is_new"), 0, "en")).toBe("not: first payment to this payee");
  expect(describe(feature("k_age"), Number.NaN, "en")).toBe("k_age: not known");
});

test("the reasons are what raised the score, the strongest first, each said once", () => {
  const features = ["hour_sin", "hour_cos", "d_is_new", "c_cnt_1h"].map(feature);
  const reasons = topReasons(features, Float32Array.of(0.5, 0.5, 1, 3), Float64Array.of(0.9, 0.8, 1.5, -1), 3);
  expect(reasons.map((reason) => reason.feature)).toEqual(["d_is_new", "hour_sin"]);
});
