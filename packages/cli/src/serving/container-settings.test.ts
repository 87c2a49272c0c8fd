import { expect, test } from "vitest";
import { containerSettings, routeSettings } from "./container-settings.ts";

test("a container listens everywhere on 8080, and writes nothing", () => {
  expect(containerSettings({ PORT: "", ESTEIRA_DECISIONS: "" }, "/app/model")).toMatchObject({
    uri: "/app/model",
    host: "0.0.0.0",
    port: 8080,
    engine: "native",
    requestLog: undefined,
    decisions: undefined,
    warmUp: true,
  });
});

test("its environment says otherwise", () => {
  const env = {
    SAGEMAKER_BIND_TO_PORT: "9000",
    ESTEIRA_MAX_IN_FLIGHT: "8",
    ESTEIRA_BODY_LIMIT: "2",
    ESTEIRA_DECISIONS: "/var/decisions",
    ESTEIRA_DECISIONS_THRESHOLD: "0.7",
    ESTEIRA_REQUEST_LOG: "/var/requests",
  };
  expect(containerSettings(env, "/m")).toMatchObject({
    port: 9000,
    maxInFlight: 8,
    bodyLimit: 2_097_152,
    decisions: { folder: "/var/decisions", threshold: 0.7 },
    requestLog: { folder: "/var/requests", sample: 1, redact: [] },
  });
  expect(containerSettings({ ...env, PORT: "7000" }, "/m").port).toBe(7000);
});

test("an image that holds Python says so by its environment", () => {
  const env = { ESTEIRA_ENGINE: "python", ESTEIRA_PYTHON: "/opt/python/bin/python3" };
  expect(containerSettings(env, "/m")).toMatchObject({ engine: "python", python: "/opt/python/bin/python3" });
});

test.each([
  [{ ESTEIRA_ENGINE: "java" }, "ESTEIRA_ENGINE is 'java'"],
  [{ PORT: "http" }, "PORT is 'http'"],
  [{ SAGEMAKER_BIND_TO_PORT: "70000" }, "SAGEMAKER_BIND_TO_PORT is '70000'"],
  [{ ESTEIRA_MAX_IN_FLIGHT: "0" }, "ESTEIRA_MAX_IN_FLIGHT is '0'"],
  [{ ESTEIRA_BODY_LIMIT: "1.5" }, "ESTEIRA_BODY_LIMIT is '1.5'"],
  [{ ESTEIRA_DECISIONS_THRESHOLD: "0.5" }, "belongs to ESTEIRA_DECISIONS"],
  [{ ESTEIRA_DECISIONS: "/d", ESTEIRA_DECISIONS_THRESHOLD: "high" }, "expected a number"],
])("%j is refused by name", (env, sentence) => {
  expect(() => containerSettings(env, "/m")).toThrow(sentence);
});

test("a container that routes follows a mounted file, unless its environment names another", () => {
  expect(routeSettings({})).toEqual({
    file: "/etc/esteira/routes.json",
    host: "0.0.0.0",
    port: 8080,
    timeoutMs: 60_000,
    maxInFlight: 512,
    bodyLimit: 16_777_216,
    connections: { ageMs: 10_000, lingerMs: 5000 },
  });
  expect(routeSettings({ ESTEIRA_ROUTES: "/r.json", ESTEIRA_ROUTE_TIMEOUT: "2" })).toMatchObject({
    file: "/r.json",
    timeoutMs: 2000,
  });
  expect(() => routeSettings({ ESTEIRA_ROUTE_TIMEOUT: "soon" })).toThrow("ESTEIRA_ROUTE_TIMEOUT is 'soon'");
});
