import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clientFromEnvironment, transportFromEnvironment } from "./tracking-uri.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "esteira-home-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const profiles = (text: string) => writeFileSync(join(home, ".databrickscfg"), text);
const headersOf = async (env: Record<string, string>) => {
  const { baseUrl, credentials } = transportFromEnvironment({ HOME: home, ...env }, env.MLFLOW_TRACKING_URI);
  return [baseUrl, await credentials?.headers()];
};

describe("the tracking server of the environment", () => {
  const server = { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000" };

  it("is reached with the user, else with the token, else with nothing", async () => {
    expect(await headersOf(server)).toEqual([server.MLFLOW_TRACKING_URI, undefined]);
    expect(await headersOf({ ...server, MLFLOW_TRACKING_TOKEN: "t" })).toEqual([
      server.MLFLOW_TRACKING_URI,
      { authorization: "Bearer t" },
    ]);
    const user = { MLFLOW_TRACKING_TOKEN: "t", MLFLOW_TRACKING_USERNAME: "ana", MLFLOW_TRACKING_PASSWORD: "senhã" };
    expect(await headersOf({ ...server, ...user })).toEqual([
      server.MLFLOW_TRACKING_URI,
      { authorization: `Basic ${Buffer.from("ana:senhã").toString("base64")}` },
    ]);
  });

  it("gets MLflow's limits", () => {
    const limits = { MLFLOW_HTTP_REQUEST_TIMEOUT: "7", MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2" };
    const options = transportFromEnvironment(limits, server.MLFLOW_TRACKING_URI);
    expect(options).toMatchObject({ timeoutMs: 7000, retry: { retries: 2 } });
    expect(() => transportFromEnvironment({ MLFLOW_HTTP_REQUEST_TIMEOUT: "soon" }, "http://x")).toThrow(
      "MLFLOW_HTTP_REQUEST_TIMEOUT is 'soon': expected a whole number.",
    );
  });

  it("is asked for when there is none", () => {
    expect(() => clientFromEnvironment({})).toThrow("MLFLOW_TRACKING_URI is not set");
    expect(() => clientFromEnvironment({ MLFLOW_TRACKING_URI: "sqlite:///x.db" })).toThrow("is 'sqlite:///x.db'");
  });
});

describe("Databricks", () => {
  it("is found in the environment, else in the profile of the URI, of the environment, or the default one", async () => {
    profiles(`; comment
[DEFAULT]
host = https://default.example
token = d

[risk]
host  = risk.example
token = r
`);
    const at = (uri: string, env: Record<string, string> = {}) => headersOf({ ...env, MLFLOW_TRACKING_URI: uri });
    const risk = ["https://risk.example", { authorization: "Bearer r" }];
    expect(await at("databricks")).toEqual(["https://default.example", { authorization: "Bearer d" }]);
    expect(await at("databricks://risk")).toEqual(risk);
    expect(await at("databricks", { DATABRICKS_CONFIG_PROFILE: "risk" })).toEqual(risk);
    const set = { DATABRICKS_HOST: "https://env.example", DATABRICKS_TOKEN: "e" };
    expect(await at("databricks", set)).toEqual(["https://env.example", { authorization: "Bearer e" }]);
    expect(await at("databricks://risk", set)).toEqual(risk);
  });

  it("says what is missing", () => {
    const read =
      (uri: string, env: Record<string, string> = {}) =>
      () =>
        transportFromEnvironment({ HOME: home, ...env }, uri);
    expect(read("databricks")).toThrow(/\.databrickscfg cannot be read/);
    profiles("[DEFAULT]\nhost = https://x.example\n");
    expect(read("databricks://none")).toThrow("has no profile [none]");
    expect(read("databricks")).toThrow("nothing says who calls https://x.example");
  });

  it("gives a service principal a token, shares it, and renews it when it is refused", async () => {
    const exchanged: string[] = [];
    let calls = 0;
    let refuseNext = false;
    const workspace = createServer((request, response) => {
      const answer = (status: number, body: object) =>
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      const host = `http://${request.headers.host}`;
      if (request.url === "/oidc/.well-known/oauth-authorization-server") {
        return answer(200, { token_endpoint: `${host}/oidc/v1/token` });
      }
      if (request.url === "/oidc/v1/token") {
        let body = "";
        request.on("data", (chunk) => {
          body += chunk;
        });
        return request.on("end", () => {
          exchanged.push(`${request.headers.authorization} ${body}`);
          answer(200, { access_token: `token-${exchanged.length}`, expires_in: 3600, token_type: "Bearer" });
        });
      }
      calls += 1;
      if (refuseNext || request.headers.authorization !== `Bearer token-${exchanged.length}`) {
        refuseNext = false;
        return answer(401, { error_code: "UNAUTHENTICATED", message: "token expired" });
      }
      return answer(200, {
        experiment: {
          experiment_id: "1",
          name: "/Users/ana/pix",
          artifact_location: "dbfs:/x",
          lifecycle_stage: "active",
        },
      });
    });
    await new Promise<void>((resolve) => workspace.listen(0, "127.0.0.1", resolve));
    try {
      const client = clientFromEnvironment({
        MLFLOW_TRACKING_URI: "databricks",
        DATABRICKS_HOST: `http://127.0.0.1:${(workspace.address() as AddressInfo).port}`,
        DATABRICKS_CLIENT_ID: "id",
        DATABRICKS_CLIENT_SECRET: "secret",
      });
      await Promise.all([1, 2, 3].map(() => client.experiments.getByName("/Users/ana/pix")));
      const basic = `Basic ${Buffer.from("id:secret").toString("base64")}`;
      expect(exchanged).toEqual([`${basic} grant_type=client_credentials&scope=all-apis`]);
      refuseNext = true;
      expect((await client.experiments.getByName("/Users/ana/pix")).name).toBe("/Users/ana/pix");
      expect(exchanged).toHaveLength(2);
      expect(calls).toBe(5);
    } finally {
      workspace.closeAllConnections();
      workspace.close();
    }
  });
});
