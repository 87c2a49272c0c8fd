import { describe, expect, it } from "vitest";
import { boundaryOptions } from "./boundary-options.ts";
import { checkMlflowOptions } from "./mlflow-options.ts";

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
  const check = (values: Record<string, string | boolean>) => {
    const notes: string[] = [];
    checkMlflowOptions(values, {}, "sqlite:///a.db", (line) => notes.push(line));
    return notes;
  };
  it("are refused by name, with what to do", () => {
    expect(() => check({ gunicornOpts: "--timeout 60" })).toThrow(/^--gunicorn-opts is not offered: /);
    expect(() => check({ enableWorkspaces: true })).toThrow("start one server for each workspace");
    expect(() => check({ registryStoreUri: "sqlite:///b.db" })).toThrow("names another database");
  });
  it("are accepted where they change nothing", () => {
    expect(check({ registryStoreUri: "sqlite:///a.db" })).toEqual([]);
    expect(check({ workers: "4" })).toEqual(["One process serves all requests: --workers has no effect."]);
  });
});
