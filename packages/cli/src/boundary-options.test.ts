import { describe, expect, it } from "vitest";
import { boundaryOptions } from "./boundary-options.ts";
import { checkMlflowOptions } from "./mlflow-options.ts";
import { serverPort } from "./port.ts";

describe("options of the boundary", () => {
  it("come from the command line, else from MLflow's variables", () => {
    const env = {
      MLFLOW_SERVER_ALLOWED_HOSTS: "a.example, b.example:5000",
      MLFLOW_SERVER_CORS_ALLOWED_ORIGINS: "https://ui.example",
      MLFLOW_SERVER_X_FRAME_OPTIONS: "deny",
      MLFLOW_STATIC_PREFIX: "/mlflow",
      ESTEIRA_TRUSTED_PROXIES: "10.0.0.0/8",
      MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES: "HDFS",
    };
    expect(boundaryOptions({ allowedHosts: "c.example" }, env)).toEqual({
      boundary: {
        allowedHosts: ["c.example"],
        allowedOrigins: ["https://ui.example"],
        frameOptions: "DENY",
        staticPrefix: "/mlflow",
        trustedProxies: ["10.0.0.0/8"],
      },
      allowedHostSchemes: ["hdfs"],
    });
    expect(boundaryOptions({}, {})).toEqual({ boundary: {}, allowedHostSchemes: [] });
    expect(() => boundaryOptions({ xFrameOptions: "ALLOW" }, {})).toThrow("expected one of SAMEORIGIN, DENY, NONE");
  });
});

describe("MLflow's other options", () => {
  const check = (values: Record<string, string | boolean>, env: Record<string, string> = {}) => {
    const notes: string[] = [];
    checkMlflowOptions(values, env, "sqlite:///a.db", (line) => notes.push(line));
    return notes;
  };
  it("are refused by name, with what to do", () => {
    expect(() => check({ gunicornOpts: "--timeout 60" })).toThrow(/^--gunicorn-opts is not offered: /);
    expect(() => check({ enableWorkspaces: true })).toThrow("start one server for each workspace");
    expect(() => check({ registryStoreUri: "sqlite:///b.db" })).toThrow("names another database");
  });
  it("are refused by the name of their variable, unless it says no", () => {
    expect(() => check({}, { MLFLOW_ARTIFACTS_ONLY: "true" })).toThrow(
      /^MLFLOW_ARTIFACTS_ONLY is set, and --artifacts-only is not offered: /,
    );
    for (const name of ["MLFLOW_GUNICORN_OPTS", "MLFLOW_UVICORN_OPTS", "MLFLOW_READ_REPLICA_BACKEND_STORE_URI"]) {
      expect(() => check({}, { [name]: "x" })).toThrow(`${name} is set, and --`);
    }
    expect(
      check({}, { MLFLOW_ARTIFACTS_ONLY: "false", MLFLOW_ENABLE_WORKSPACES: "0", MLFLOW_UVICORN_OPTS: "" }),
    ).toEqual([]);
  });
  it("are accepted where they change nothing", () => {
    expect(check({ exposePrometheus: "./metrics", metrics: true })[0]).toMatch(
      /^Metrics for Prometheus are at \/metrics\./,
    );
    expect(check({}, { MLFLOW_EXPOSE_PROMETHEUS: "./metrics" })).toHaveLength(1);
    expect(() => check({ exposePrometheus: "./metrics", metrics: false })).toThrow("exclude each other");
    expect(check({}, { MLFLOW_WORKERS: "4" })).toHaveLength(1);
    expect(check({ registryStoreUri: "sqlite:///a.db" })).toEqual([]);
    expect(check({ workers: "4" })).toEqual(["One process serves all requests: --workers has no effect."]);
  });
});

describe("the port", () => {
  it("comes from the command line, else from MLflow's variable, else is MLflow's own", () => {
    expect(serverPort({ port: "5001" }, { MLFLOW_PORT: "5002" })).toBe(5001);
    expect(serverPort({}, { MLFLOW_PORT: "5002" })).toBe(5002);
    expect(serverPort({}, { MLFLOW_PORT: "" })).toBe(5000);
    expect(() => serverPort({}, { MLFLOW_PORT: "tcp://10.0.0.1:5000" })).toThrow(
      "MLFLOW_PORT is 'tcp://10.0.0.1:5000'",
    );
  });
});
