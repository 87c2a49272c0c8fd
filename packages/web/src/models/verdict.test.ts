import { expect, test } from "vitest";
import { byUrgency, figuresOf, isOfOtherModel, verdictIn } from "./verdict.ts";

const check = (status: string, more: object = {}) => ({ check: "metric", title: `a ${status} one`, status, ...more });
const file = (checks: object[], more: object = {}) =>
  JSON.stringify({ gate: "pix", outcome: "refused", digests: { model: "sha256:aa" }, checks, ...more });

test("a gate's file is read, and what is none is none", () => {
  const verdict = verdictIn(file([check("passed"), check("not_enough_evidence"), check("refused")]));
  expect(verdict && byUrgency(verdict.checks).map(({ status }) => status)).toEqual([
    "refused",
    "not_enough_evidence",
    "passed",
  ]);
  for (const text of ["", "null", "[]", '{"verdict":"passed"}', file([check("good")]), file([], { outcome: "yes" })])
    expect(verdictIn(text)).toBeUndefined();
});

test("a verdict of another model says so; where a digest is unknown nothing is said", () => {
  const verdict = verdictIn(file([]));
  if (verdict === undefined) throw new Error("no verdict");
  expect(["aa", "sha256:aa", "bb", undefined, ""].map((tag) => isOfOtherModel(verdict, tag))).toEqual([
    ...[false, false, true, false, false],
  ]);
});

test("figures are plain values alone", () => {
  const [one] =
    verdictIn(file([check("passed", { evidence: { value: 0.5, max: null, deep: { a: 1 }, of: "x" } })]))?.checks ?? [];
  expect(one && figuresOf(one)).toEqual([
    ["value", 0.5],
    ["of", "x"],
  ]);
});
