import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createClient } from "../client.ts";
import { parseModelUri, resolveModel } from "./model-uri.ts";

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

test("a folder that came from a registry is the version that it was there", async () => {
  const root = await mkdtemp(join(tmpdir(), "esteira-uri-"));
  const nobody = () => createClient({ baseUrl: "http://127.0.0.1:9" });
  await mkdir(join(root, "model"));
  expect(await resolveModel(join(root, "model"), nobody)).toMatchObject({ name: "model", version: "1" });
  // As MLflow writes it, and as JSON's texts are.
  for (const version of ["'3'", '"3"', "3"]) {
    await writeFile(join(root, "model", "registered_model_meta"), `model_name: pix fraud\nmodel_version: ${version}\n`);
    expect(await resolveModel(join(root, "model"), nobody)).toMatchObject({ name: "pix fraud", version: "3" });
  }
  await rm(root, { recursive: true });
});
