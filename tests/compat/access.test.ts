import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findAuthPackages, findOracle } from "./oracle.ts";
import { type Observations, runFlow } from "./run-flow.ts";
import { type Peer, startEsteira, startMlflow } from "./servers.ts";

const ADMIN_PASSWORD = "correct-horse-battery";
const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const packages = "python" in oracle ? findAuthPackages(python) : undefined;
const missing = "missing" in oracle ? oracle.missing : "no flask-wtf; run tests/compat/oracle.sh";

/** MLflow's own settings, except that it remembers passwords for a while: hashing each takes most of the test's time. */
const CONFIG = `[mlflow]
default_permission = READ
database_uri = sqlite:///basic_auth.db
admin_username = admin
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = 60
`;

/** MLflow's own client of users and permissions against MLflow's basic-auth app and against ours. */
describe.skipIf(packages === undefined)(`access${packages === undefined ? ` (skipped: ${missing})` : ""}`, () => {
  let ours: Peer;
  let theirs: Peer;
  // The client imports the app, which asks for the server's secret.
  const env = { PYTHONPATH: packages, MLFLOW_FLASK_SERVER_SECRET_KEY: "for this test" };

  let home: string;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "esteira-access-"));
    const config = join(home, "auth.ini");
    await writeFile(config, CONFIG);
    [ours, theirs] = await Promise.all([
      startEsteira({
        access: {
          defaultPermission: "READ",
          admin: { username: "admin", password: ADMIN_PASSWORD },
          passwordCost: { n: 1024, r: 8, p: 1 },
        },
      }),
      startMlflow(python, {
        workers: 1,
        args: ["--app-name", "basic-auth"],
        env: { ...env, MLFLOW_AUTH_ADMIN_PASSWORD: ADMIN_PASSWORD, MLFLOW_AUTH_CONFIG_PATH: config },
      }),
    ]);
  });
  afterAll(async () => {
    await ours?.close();
    await theirs?.close();
    await rm(home, { recursive: true, force: true });
  });

  it("is the same to MLflow's client", { timeout: 1_200_000 }, async () => {
    const flow = { ...env, ESTEIRA_ADMIN_PASSWORD: ADMIN_PASSWORD };
    const [expected, actual] = await Promise.all([
      runFlow(python, "access", theirs.url, flow),
      runFlow(python, "access", ours.url, flow),
    ]);
    expect(expected.length).toBeGreaterThan(100);
    expect(asRecord(actual)).toEqual(asRecord(expected));
  });
});

const asRecord = (observations: Observations): Record<string, unknown> =>
  Object.fromEntries(observations.map(([name, value], index) => [`${index} ${name}`, value]));
