import { describe, expect, it } from "vitest";
import { checkInnerPath, isInsideRoot, isProxiedUri, proxiedPath } from "./artifact-uri.ts";

describe("proxiedPath", () => {
  it.each([
    ["mlflow-artifacts:/1/r/artifacts", "1/r/artifacts"],
    ["mlflow-artifacts://host:5000/1/r", "1/r"],
    ["https://host/api/2.0/mlflow-artifacts/artifacts/1/r", "1/r"],
  ])("reads %s", (uri, path) => expect(proxiedPath(uri)).toBe(path));
  it.each(["s3://bucket/1", "file:///etc", "/etc", "https://host/1"])("is not asked for %s", (uri) => {
    expect(isProxiedUri(uri)).toBe(false);
  });
});

it("compares roots segment by segment", () => {
  const root = "mlflow-artifacts:/1/r/artifacts";
  expect(isInsideRoot(`${root}/model`, root)).toBe(true);
  expect(isInsideRoot(root, root)).toBe(true);
  expect(isInsideRoot(`${root}-evil`, root)).toBe(false);
  expect(isInsideRoot("mlflow-artifacts://other/1/r/artifacts", root)).toBe(false);
  expect(isProxiedUri("s3://bucket/api/2.0/mlflow-artifacts/artifacts/1")).toBe(false);
});

describe("checkInnerPath", () => {
  it.each(["", "a/b.txt", "ação-日本.txt", "a:b.txt", "100%", "a b+c.png", "..."])("allows %j", (path) => {
    expect(checkInnerPath(path)).toBe(path);
  });
  it.each([
    "..",
    "a/../b",
    "/etc/passwd",
    "a\\b",
    "..\\x",
    "%2e%2e/x",
    "%252e%252e/x",
    "a%2fb",
    "a\u0000b",
    "a\r\nb",
    "a#b",
    "file:a",
    "file:///etc",
    "s3:/x",
    ".",
    "a/./b",
    "x".repeat(256),
  ])("refuses %j", (path) => expect(() => checkInnerPath(path)).toThrow("Invalid path"));
});
