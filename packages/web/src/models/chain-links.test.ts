import { createHash } from "node:crypto";
import { canonicalJson } from "@esteira/core/timeline/json";
import { expect, test } from "vitest";
import { entryOf } from "../testing/entry.testing.ts";
import { checkLinks } from "./chain-links.ts";

const { subtle } = globalThis.crypto;
const hash = (entry: object) =>
  createHash("sha256")
    .update(`\0${canonicalJson(JSON.parse(JSON.stringify(entry)))}`)
    .digest("hex");

test("links between neighbours are checked, and a changed entry is found", async () => {
  const first = entryOf({ sequence: 4, reason: "ação ☂" });
  const second = entryOf({ sequence: 5, previous: hash(first) });
  const far = entryOf({ sequence: 9 });
  expect(await checkLinks([first, second, far], subtle)).toEqual({ state: "good", count: 1 });
  expect(await checkLinks([{ ...first, at: 7 }, second, far], subtle)).toEqual({ state: "bad", sequence: 4 });
  expect(await checkLinks([first, second], undefined)).toEqual({ state: "unchecked" });
});
