import { experimentId } from "@esteira/core/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHEAP, type Harness, type Method, openHarness } from "../testing/harness.ts";
import { passwords } from "./passwords.ts";
import { type Least, PASSWORD, ROUTES, type Seed } from "./route-matrix.ts";

const USERS = ["nobody", "stranger", "reader", "user", "editor", "manager", "admin"] as const;
type Name = (typeof USERS)[number];
const LEVEL: Readonly<Partial<Record<Name, string>>> = {
  reader: "READ",
  user: "USE",
  editor: "EDIT",
  manager: "MANAGE",
};
const RANK: readonly Name[] = USERS;
const ENOUGH: Readonly<Record<Least, Name>> = {
  open: "nobody",
  "signed-in": "stranger",
  READ: "reader",
  USE: "user",
  EDIT: "editor",
  MANAGE: "manager",
  admin: "admin",
};

let server: Harness;
let count = 0;

beforeAll(async () => {
  // Nothing listens at port 9: the routes of the provider are there, and say that it does not answer.
  const oidc = { issuer: "http://127.0.0.1:9", clientId: "esteira" };
  // Streams that nothing ends do so soon: the walk waits for each answer.
  const watch = { longestMs: 20, pollMs: 10 };
  server = await openHarness({ watch, access: { publicUrl: "http://localhost", oidc } });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  for (const username of USERS.slice(1)) {
    await server.store.createUser({ username, passwordHash, isAdmin: username === "admin" });
  }
});
afterAll(() => server.close());

async function seed(): Promise<Seed> {
  const { store } = server;
  const [experimentName, model] = [`experiment ${++count}`, `model-${count}`];
  const experiment = await store.createExperiment({ name: experimentName, tags: [] });
  const { info } = await store.createRun({
    experimentId: experimentId(experiment),
    userId: "",
    startTime: 1,
    tags: [],
  });
  const loggedModel = await store.createLoggedModel({ experimentId: experiment, params: [], tags: [] });
  await store.createRegisteredModel({ name: model, tags: [] });
  await store.createModelVersion({ name: model, source: info.artifactUri, tags: [] });
  for (const [username, permission] of Object.entries(LEVEL)) {
    for (const [resourceType, resourcePattern] of [
      ["experiment", experiment],
      ["registered_model", model],
    ] as const) {
      await store.grant(username, { resourceType, resourcePattern, permission });
    }
  }
  return { experiment, experimentName, run: info.runId, loggedModel: loggedModel.modelId, model };
}

/** The route without what MLflow mounts it under: `/api/2.0/mlflow/runs/get` is `/runs/get`. */
const nameOf = (method: string, url: string): string =>
  `${method} ${url
    .replace(/^\/(ajax-)?api\/2\.0\/mlflow-artifacts/, "/mlflow-artifacts")
    .replace(/^\/ajax-api\/esteira/, "/api/esteira")
    .replace(/^\/(ajax-)?api\/3\.0\/mlflow/, "/3.0")
    .replace(/^\/(ajax-)?api\/2\.0\/?mlflow/, "")}`;

const authorization = (who: Name) =>
  who === "nobody" ? {} : { authorization: `Basic ${Buffer.from(`${who}:${PASSWORD}`).toString("base64")}` };

async function send(who: Name, method: string, url: string, fields: Readonly<Record<string, unknown>>) {
  let path = url;
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (key.startsWith(":")) path = path.replace(key, String(value));
    else if (key === "*") path = path.replace("*", String(value));
    else rest[key] = value;
  }
  const inQuery = method === "GET" || path.endsWith("/upload-artifact");
  const query = new URLSearchParams(Object.entries(rest).map(([key, value]) => [key, String(value)])).toString();
  const isFile = method === "PUT" || path.endsWith("/upload-artifact");
  return server.call(
    method as Method,
    inQuery && query !== "" ? `${path}?${query}` : path,
    isFile ? "bytes" : inQuery ? undefined : rest,
    isFile ? { ...authorization(who), "content-type": "text/plain" } : authorization(who),
  );
}

it("knows every route, and every route it knows is there", () => {
  const mounted = new Set(server.app.mountedRoutes.map(({ method, url }) => nameOf(method, url)));
  expect([...mounted].filter((name) => ROUTES[name] === undefined)).toEqual([]);
  expect(Object.keys(ROUTES).filter((name) => !mounted.has(name))).toEqual([]);
});

describe.each(USERS)("as %s", (who) => {
  it("every route opens or not, as the table says", async () => {
    const wrong: string[] = [];
    for (const { method, url } of server.app.mountedRoutes) {
      const name = nameOf(method, url);
      const { least, send: fields } = ROUTES[name]!;
      const { status, body, text } = await send(who, method, url, fields?.(await seed(), who) ?? {});
      const isEnough = RANK.indexOf(who) >= RANK.indexOf(ENOUGH[least]);
      const refusal = who === "nobody" ? 401 : 403;
      if (isEnough !== (status !== 401 && status !== 403))
        wrong.push(`${name} ${url}: ${status} ${text.slice(0, 120)}`);
      if (!isEnough && status !== refusal) wrong.push(`${name}: ${status} instead of ${refusal}`);
      if (!isEnough && body.error_code === undefined) wrong.push(`${name}: no error body`);
      // 501: artifacts in a local folder have no address of their own.
      if (status >= 500 && status !== 501) wrong.push(`${name}: ${status} ${text.slice(0, 120)}`);
    }
    expect(wrong).toEqual([]);
  });
});
