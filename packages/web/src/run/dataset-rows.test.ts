import { expect, test } from "vitest";
import { rowCount } from "./dataset-rows.ts";

test("a profile tells its rows, and what is no profile tells nothing", () => {
  expect([undefined, "", "x", "[]", '{"num_rows": 12}', '{"num_rows": "12"}'].map(rowCount)).toEqual([
    ...[undefined, undefined, undefined, undefined, 12, undefined],
  ]);
});
