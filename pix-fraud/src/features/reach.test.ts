import { expect, test } from "vitest";
import { HANDBOOK_FEATURES } from "../handbook/features.ts";
import { CATALOGUE } from "./catalogue.ts";
import { reachOf } from "./reach.ts";
import { DAY } from "./state/windows.ts";

test("every feature's window has a length", () => {
  for (const feature of [...CATALOGUE, ...HANDBOOK_FEATURES]) expect(reachOf(feature)).toBeGreaterThanOrEqual(0);
});

test("what remembers for ever never has enough, a window has enough when it is full, a table needs nothing", () => {
  const reach = (name: string) => reachOf(CATALOGUE.find((feature) => feature.name === name)!);
  const endless = CATALOGUE.filter((feature) => reachOf(feature) === Number.POSITIVE_INFINITY).map(({ name }) => name);
  expect(endless.sort()).toEqual(["cp_days_since_first", "cp_is_new", "cp_reverse", "d_age", "d_is_new", "ring_size"]);
  expect(reach("p_risk_90d")).toBe(90 * DAY);
  expect(reach("c_known_victim_180d")).toBe(180 * DAY);
  expect(reach("c_cnt_1h")).toBe(DAY / 24);
  expect([reach("amount_log"), reach("p_account_age"), reach("c_secs_since_last")]).toEqual([0, 0, 0]);
});
