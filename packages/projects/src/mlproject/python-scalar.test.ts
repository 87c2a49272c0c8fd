import { expect, it } from "vitest";
import { pythonScalar } from "./python-scalar.ts";

/** Written by `str(yaml.safe_load(source))` with PyYAML 6.0.4 and Python 3.11. */
const PYTHON = [
  ["true", "True"],
  ["True", "True"],
  ["YES", "True"],
  ["off", "False"],
  ["y", "y"],
  ["~", null],
  ["null", null],
  ["", null],
  ["0.10", "0.1"],
  ["1e-3", "1e-3"],
  ["1.0e-3", "0.001"],
  ["1.0e3", "1.0e3"],
  ["1.5e+16", "1.5e+16"],
  ["1.5e+15", "1500000000000000.0"],
  ["-0.0", "-0.0"],
  ["123456789012345678.0", "1.2345678901234568e+17"],
  ["0.0001", "0.0001"],
  ["0.00001", "1e-05"],
  ["1.", "1.0"],
  ["+.5", "+.5"],
  [".5", "0.5"],
  ["-.inf", "-inf"],
  [".NaN", "nan"],
  ["1_000", "1000"],
  ["1_000.5", "1000.5"],
  ["010", "8"],
  ["0x1F", "31"],
  ["0b101", "5"],
  ["-12", "-12"],
  ["+12", "12"],
  ["09", "09"],
  ["190:20:30", "685230"],
  ["1:30.5", "90.5"],
  ["12345678901234567890", "12345678901234567890"],
  ["2020-01-02", "2020-01-02"],
  ["2020-1-2", "2020-1-2"],
  ["2020-01-02 03:04:05", "2020-01-02 03:04:05"],
  ["2020-01-02T03:04:05.25Z", "2020-01-02 03:04:05.250000+00:00"],
  ["2020-01-02 03:04:05 -03:00", "2020-01-02 03:04:05-03:00"],
  ["=", "="],
  ["a b", "a b"],
  ["1.2.3", "1.2.3"],
  ["0o17", "0o17"],
  ["1e400", "1e400"],
  ["0.1", "0.1"],
  ["100.0", "100.0"],
  ["1.0e+100", "1e+100"],
  ["5.0e-324", "5e-324"],
] as const satisfies readonly (readonly [string, string | null])[];

it.each(PYTHON)("%j is %j to Python", (source, expected) => {
  const scalar = pythonScalar(source);
  expect(scalar.kind === "null" ? null : scalar.text).toBe(expected);
});

it("tells texts from other values", () => {
  expect(["a", "1", "1.5", "on", "2020-01-02", "~"].map((source) => pythonScalar(source).kind)).toEqual([
    "text",
    "other",
    "other",
    "other",
    "other",
    "null",
  ]);
});
