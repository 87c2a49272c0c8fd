import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localArtifactStore } from "@esteira/store/artifacts/local";
import { openArtifactStore } from "@esteira/store/artifacts/open";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArtifactLocations, artifactLocations } from "./locations.ts";

let folder: string;
let locations: ArtifactLocations;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-locations-"));
  const root = (uri: string) => ({ uri, store: openArtifactStore(uri, {}) });
  locations = artifactLocations(localArtifactStore(join(folder, "proxied")), [
    root(join(folder, "local")),
    root("s3://team/models"),
    root("s3://whole"),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("an artifact location", () => {
  it.each([
    ["mlflow-artifacts:/1/r/artifacts", "1/r/artifacts"],
    ["mlflow-artifacts://other.example:5000/1/r", "1/r"],
    ["https://mlflow.example/base/api/2.0/mlflow-artifacts/artifacts/1/r", "1/r"],
  ])("%s passes through this server", (uri, path) => {
    expect(locations.find(uri)).toEqual({ store: locations.served(), folder: path, isProxied: true });
  });

  it.each([
    ["s3://team/models/1/r/artifacts", "1/r/artifacts"],
    ["s3://whole/1/r", "1/r"],
    ["s3://team/models", ""],
  ])("%s is read directly", (uri, path) => {
    expect(locations.find(uri)).toMatchObject({ folder: path, isProxied: false });
  });

  it("may be a local folder, as a path or a URI", () => {
    const found = { folder: "1/r/artifacts", isProxied: false };
    expect(locations.find(join(folder, "local", "1", "r", "artifacts"))).toMatchObject(found);
    expect(locations.find(`file://${join(folder, "local", "1", "r", "artifacts")}`)).toMatchObject(found);
  });

  it.each([
    "s3://team/models-evil/1",
    "s3://other/models/1",
    "s3://team/other",
    "gs://team/models/1",
    "https://mlflow.example/1",
    "/etc",
    "file:///etc",
    "hdfs://host/1",
    "",
  ])("%j is not read", (uri) => {
    expect(() => locations.find(uri)).toThrow("does not read");
  });

  it("does not leave a local root by a step to its parent", () => {
    expect(() => locations.find(join(folder, "local", "..", "secret"))).toThrow("does not read");
    expect(() => locations.find(`${folder}/local/../secret`)).toThrow("does not read");
    expect(() => locations.find(`file://host${folder}/local/1`)).toThrow("no folder of this machine");
  });

  it("is refused where nothing passes through", () => {
    const direct = artifactLocations(undefined);
    expect(() => direct.served()).toThrow("--no-serve-artifacts");
    expect(() => direct.find("mlflow-artifacts:/1")).toThrow("--no-serve-artifacts");
  });
});
