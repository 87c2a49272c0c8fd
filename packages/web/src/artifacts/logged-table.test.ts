import { expect, test } from "vitest";
import { loggedTable } from "./logged-table.ts";

test("tables of mlflow.log_table are tables, other JSON is not", () => {
  expect(
    loggedTable({
      columns: ["a", "b"],
      data: [
        [1, null],
        ["x", { y: 1 }],
      ],
    }),
  ).toEqual({
    columns: ["a", "b"],
    rows: [
      ["1", ""],
      ["x", '{"y":1}'],
    ],
  });
  for (const other of [null, [], {}, { columns: [], data: [] }, { columns: ["a"], data: [1] }, { data: [[1]] }])
    expect(loggedTable(other)).toBeUndefined();
});
