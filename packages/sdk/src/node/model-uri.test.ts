import { expect, test } from "vitest";
import { parseModelUri } from "./model-uri.ts";

test.each([
  ["models:/pix/3", { kind: "version", name: "pix", version: "3" }],
  ["models:/pix@champion", { kind: "alias", name: "pix", alias: "champion" }],
  ["models:/pix/Production", { kind: "stage", name: "pix", stage: "Production" }],
  [`models:/m-${"0".repeat(32)}`, { kind: "logged", modelId: `m-${"0".repeat(32)}` }],
  ["runs:/abc/model", { kind: "run", runId: "abc", path: "model" }],
  ["./model", { kind: "folder", folder: "./model" }],
  ["file:///tmp/m", { kind: "folder", folder: "/tmp/m" }],
])("%s", (uri, expected) => {
  expect(parseModelUri(uri)).toEqual(expected);
});

test.each(["models:/pix", "s3://bucket/model", "models:/a/b/c"])("%s is refused with the forms that exist", (uri) => {
  expect(() => parseModelUri(uri)).toThrow(/models:\/NAME\/VERSION/);
});
