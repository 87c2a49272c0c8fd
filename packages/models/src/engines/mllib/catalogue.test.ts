import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CATALOGUE } from "./catalogue.ts";
import { simpleName } from "./saved-stage.ts";

it("is what docs/reference/spark-stages.md lists", () => {
  const page = readFileSync(new URL("../../../../../docs/reference/spark-stages.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm)].map(([, stage, parity]) => `${stage} ${parity}`);
  const known = [...CATALOGUE].map(([className, { parity }]) => `${simpleName(className)} ${parity}`);
  expect(listed.toSorted()).toEqual(known.toSorted());
});
