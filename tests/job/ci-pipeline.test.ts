import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { localTarget } from "@esteira/deploy/local/local-target";
import { type Client, createClient } from "@esteira/sdk/client";
import { basic } from "@esteira/sdk/credentials";
import { type RunningServer, startServer } from "@esteira/server/start";
import { type CiIssuer, startCiIssuer } from "@esteira/server/testing/ci-issuer";
import { CHEAP } from "@esteira/server/testing/harness";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GATE, MLPROJECT, payments, TRAINING } from "./training-project.ts";
import { type Event, execute, type Outcome, runWorkflow } from "./workflow-runner.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const WORKFLOW = ".github/workflows/esteira.yml";
const REQUEST_TOKEN = "what the runner knows";
const PASSWORDS = { admin: "a long enough password", bia: "another long enough password" } as const;

let home: string;
let server: RunningServer;
let issuer: CiIssuer;
let admin: Client;
let ci: Awaited<ReturnType<typeof startCi>>;
const comments: string[] = [];
/** What the job under way may tell of itself. */
let claims: Readonly<Record<string, string>> = {};

/** How the identity of most jobs was added. */
let trusted = "";

/** What a shell of this test knows: nothing of the real user's. */
const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...{ PATH: `${join(home, "bin")}:${process.env.PATH}`, HOME: home, NO_COLOR: "1", LC_ALL: "C.UTF-8" },
  ...{ XDG_CACHE_HOME: join(home, "cache"), ESTEIRA_DEPLOYMENTS: join(home, "deployments") },
  ...{ GIT_AUTHOR_NAME: "ana", GIT_AUTHOR_EMAIL: "ana@acme.example", GIT_CONFIG_NOSYSTEM: "1" },
  ...{ GIT_COMMITTER_NAME: "ana", GIT_COMMITTER_EMAIL: "ana@acme.example" },
  ...more,
});
const as = (name: keyof typeof PASSWORDS) =>
  environment({
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_TRACKING_USERNAME: name,
    MLFLOW_TRACKING_PASSWORD: PASSWORDS[name],
  });

async function shell(script: string, env: Record<string, string>, cwd = join(home, "work")): Promise<string> {
  const { code, output } = await execute("bash", ["-e", "-c", script], { cwd, env });
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${output}`);
  return output;
}

/** Calls of the server for which there is no command. */
async function call(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const headers = { "content-type": "application/json", ...(await basic("admin", PASSWORDS.admin).headers()) };
  const answer = await fetch(`${server.url}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-pipeline-"));
  for (const folder of ["work", "bin", "runs"]) await mkdir(join(home, folder));
  await writeFile(join(home, "bin/esteira"), `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`);
  await chmod(join(home, "bin/esteira"), 0o755);
  issuer = await startCiIssuer({ requestToken: REQUEST_TOKEN, job: () => claims });
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0, artifactsDestination: join(home, "artifacts") },
    backendStoreUri: `sqlite:///${join(home, "esteira.db")}`,
    access: {
      admin: { username: "admin", password: PASSWORDS.admin },
      ...{ passwordCost: CHEAP, issuers: { allowPrivate: true } },
    },
  });
  admin = createClient({ baseUrl: server.url, credentials: basic("admin", PASSWORDS.admin) });
  ci = await startCi();
}, 120_000);
afterAll(async () => {
  const target = deployments();
  for (const { wanted } of await target.list()) await target.remove(wanted.name);
  await ci.close();
  await server.close();
  await issuer.close();
  await rm(home, { recursive: true, force: true });
});

const deployments = () =>
  localTarget({ root: join(home, "deployments"), command: [process.execPath, COMMAND], env: {} });

/** The CI: a push hook tells it of commits, a person starts the workflow by hand, and under its pull requests are comments. */
async function startCi() {
  const outcomes: Outcome[] = [];
  const run = async (event: Omit<Event, "repository" | "token">): Promise<Outcome> => {
    const outcome = await runWorkflow(
      WORKFLOW,
      { ...event, repository: "acme/pix", token: "a job's token" },
      {
        repository: join(home, "origin.git"),
        home: join(home, "runs"),
        env: environment({
          ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.issuer}/token?api-version=2.0`,
          ...{ ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN, GITHUB_API_URL: url },
        }),
        onJob: async ({ name, environment: place }, { ref, event_name }, kept) => {
          claims = {
            sub: `repo:acme/pix:${place === undefined ? `ref:${ref}` : `environment:${place}`}`,
            ...{ repository: "acme/pix", ref, event_name },
            ...(place === undefined ? {} : { environment: place }),
          };
          if (name !== "approve") return;
          const version = (await readFile(join(kept, "version"), "utf8")).trim();
          await shell(`esteira approve pix/${version} --for champion`, as("bia"));
        },
      },
    );
    outcomes.push(outcome);
    return outcome;
  };
  const handler = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    if (request.url?.includes("/comments")) {
      if (request.method === "POST") comments.push(JSON.parse(body).body);
      response.writeHead(200, { "content-type": "application/json" }).end("[]");
      return;
    }
    const [, sha = "", ref = ""] = body.trim().split(" ");
    const { log } = await run({ event_name: "push", ref, sha, event: { ref } });
    response.writeHead(200).end(log);
  });
  handler.requestTimeout = 0;
  await new Promise<void>((resolve) => handler.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(handler.address() as AddressInfo).port}`;
  return {
    ...{ url, outcomes, run },
    close: () => {
      handler.closeAllConnections();
      return new Promise((resolve) => handler.close(resolve));
    },
  };
}

const commit = (message: string): Promise<string> =>
  shell(`git add -A && git commit -qm "${message}" && git push -q origin HEAD 2>&1`, environment());
const champion = async () => (await admin.registeredModels.findByAlias("pix", "champion"))?.version;

/** Which version answers a payment where it is served. */
async function served(): Promise<string | null> {
  const url = (await deployments().status("pix"))?.url;
  const answer = await fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dataframe_records: [{ amount: 900, hour: 3 }] }),
  });
  expect(answer.status).toBe(200);
  return answer.headers.get("x-esteira-model");
}

describe("the pipeline that esteira ci init writes", { timeout: 900_000 }, () => {
  it("is set up by what it prints: whom the server trusts, and under which policy the champion is", async () => {
    const options = "--gate-options '--label fraud --id id --amount amount --customer payer --threshold 0.5'";
    const work = join(home, "work");
    await shell(
      "git init -q -b main && git init -q --bare -b main ../origin.git && git remote add origin ../origin.git",
      environment(),
    );
    const said = await shell(`esteira ci init github --model pix --server ${server.url} ${options}`, environment());
    const commands = said
      .slice(said.indexOf("esteira trust add"), said.indexOf("Put the champion"))
      .replaceAll("--github OWNER/REPOSITORY", `--github acme/pix --issuer ${issuer.issuer}`);
    expect(commands.match(/esteira trust add/g)).toHaveLength(4);
    await shell(commands, as("admin"));
    trusted = commands.slice(0, commands.indexOf("esteira trust add", 1));
    const policy = JSON.parse(/\{"aliases".*\}/.exec(said)?.[0] ?? "");
    await writeFile(join(home, "policy.json"), JSON.stringify({ ...policy, approvals: { count: 1, role: "risk" } }));
    await shell("esteira policy set ../policy.json --model pix", as("admin"));
    await call("2.0/mlflow/users/create", { username: "bia", password: PASSWORDS.bia });
    const made = await call("3.0/mlflow/roles/create", { name: "risk", workspace: "default" });
    const role_id = (made.role as { id: number }).id;
    const reads = { resource_type: "registered_model", resource_pattern: "pix", permission: "READ" };
    await call("3.0/mlflow/roles/permissions/add", { role_id, ...reads });
    await call("3.0/mlflow/roles/assign", { username: "bia", role_id });

    await mkdir(join(work, "data"));
    for (const [file, content] of [
      ["MLproject", MLPROJECT],
      ["train.mjs", TRAINING],
      ["gate.yaml", GATE],
      ["params.json", '{ "rounds": 1 }\n'],
      ["data/train.csv", payments(800, 1)],
      ["data/evaluation.csv", payments(1200, 2)],
    ] as const) {
      await writeFile(join(work, file), content);
    }
    const hook = join(home, "origin.git/hooks/post-receive");
    await writeFile(
      hook,
      `#!${process.execPath}
const body = require("node:fs").readFileSync(0, "utf8");
fetch("${ci.url}/push", { method: "POST", body }).then((answer) => answer.text()).then((log) => process.stdout.write(log));
`,
    );
    await chmod(hook, 0o755);
  });

  const ALL = ["candidate", "register", "evidence", "stage", "approve", "promote", "deploy"];
  const succeeded = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "success"]));

  it("brings a commit to production, without a hand", async () => {
    const log = await commit("The first model");
    expect(ci.outcomes.at(-1)?.jobs, log).toEqual(succeeded(ALL));
    expect(await champion()).toBe("1");
    expect(await served()).toBe("pix/1");
    // What the first job's token could do, it can no more, and its deployment goes on all the same.
    await shell(`esteira trust remove pix-ci && ${trusted}`, as("admin"));
    await writeFile(join(home, "work/params.json"), '{ "rounds": 4 }\n');
    const again = await commit("More stumps");
    expect(ci.outcomes.at(-1)?.jobs, again).toEqual(succeeded(ALL));
    expect(await champion()).toBe("2");
    expect(await served()).toBe("pix/2");
  });

  it("comments what a pull request would be, and promotes nothing of it", async () => {
    await shell("git checkout -q -b more", environment());
    await writeFile(join(home, "work/params.json"), '{ "rounds": 5 }\n');
    // The workflow is for pushes to main; this one is proposed.
    await commit("One more");
    expect(ci.outcomes.at(-1)?.jobs).toEqual({});
    const sha = (await shell("git rev-parse HEAD", environment())).trim();
    const event = { pull_request: { number: 1, head: { repo: { full_name: "acme/pix" } } } };
    const proposed = { event_name: "pull_request", ref: "refs/pull/1/merge", sha, event } as const;
    const { jobs, log } = await ci.run(proposed);
    expect(jobs, log).toEqual({ candidate: "success" });
    expect(comments).toEqual([expect.stringContaining("### Gate pix: PASSED")]);
    expect(await champion()).toBe("2");
  });

  it("stops what the gate refuses before it is registered", async () => {
    await shell("git checkout -q main", environment());
    await writeFile(
      join(home, "work/data/train.csv"),
      payments(800, 1, (isFraud) => !isFraud),
    );
    const log = await commit("Labels the wrong way round");
    expect(ci.outcomes.at(-1)?.jobs, log).toEqual({ candidate: "failure" });
    expect(log).toContain("REFUSED");
    expect(log).toContain("exit code 3");
    const versions = await admin.modelVersions.search({ filter: "name = 'pix'" });
    expect(versions.items.map(({ version }) => version).sort()).toEqual(["1", "2"]);
    expect(await champion()).toBe("2");
  });

  it("rolls back when somebody starts it by hand", async () => {
    const sha = (await shell("git rev-parse origin/main", environment())).trim();
    const { jobs, log } = await ci.run({ event_name: "workflow_dispatch", ref: "refs/heads/main", sha, event: {} });
    expect(jobs, log).toEqual({ "roll-back": "success" });
    expect(await champion()).toBe("1");
    expect(await served()).toBe("pix/1");
  });

  it("leaves a timeline that says which jobs did what, and on what evidence", async () => {
    const moves = (await admin.timeline.history("pix")).filter(({ subject }) => subject.alias === "champion");
    const production = { name: "repo:acme/pix:environment:production", origin: "ci", issuer: issuer.issuer };
    expect(moves.map(({ subject, actor, evidence }) => [subject.version, actor, evidence])).toEqual(
      [1, 2, 1].map((version) => [version, expect.objectContaining(production), expect.stringMatching(/^sha256:/)]),
    );
    expect(await admin.timeline.verify()).toMatchObject({ found: [], faultCount: 0 });
  });

  it("gives no job more than its own: a stolen token of another branch moves nothing", async () => {
    claims = { sub: "repo:acme/pix:ref:refs/heads/more", repository: "acme/pix", ref: "refs/heads/more" };
    const env = environment({
      ...{ ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.issuer}/token`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN },
      ...{ MLFLOW_TRACKING_URI: server.url, ESTEIRA_MODEL: "pix" },
    });
    const { code, output } = await execute("esteira", ["ci", "login", "--step", "promote"], { cwd: home, env });
    expect([code, output]).toEqual([2, expect.stringContaining("its ref is 'refs/heads/more'")]);
  });
});
