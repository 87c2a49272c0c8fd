import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalTarget, localTarget } from "@esteira/deploy/local/local-target";
import { type Client, createClient } from "@esteira/sdk/client";
import { basic } from "@esteira/sdk/credentials";
import { startServer } from "@esteira/server/start";
import { type CiIssuer, startCiIssuer } from "@esteira/server/testing/ci-issuer";
import { CHEAP } from "@esteira/server/testing/harness";
import { webhookOptions } from "@esteira/server/webhooks/environment";
import { GATE, MLPROJECT, payments, TRAINING } from "./training-project.ts";
import { execute } from "./workflow-runner.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const REQUEST_TOKEN = "what the runner knows";
const PASSWORDS = { admin: "a long enough password", bia: "another long enough password" } as const;

/** A server with access control, the issuer of a CI, and a repository with a training project: what a pipeline is about. */
export interface PipelineStage {
  readonly home: string;
  /** The work tree of the project, whose `origin` is the bare repository `origin.git` beside it. */
  readonly work: string;
  readonly server: string;
  readonly issuer: CiIssuer;
  /** The server as an admin sees it. */
  readonly admin: Client;
  readonly deployments: LocalTarget;
  /** What the job under way may tell of itself by its OIDC token. */
  claims: Readonly<Record<string, string>>;
  /** What a shell knows here: nothing of the real user's. */
  environment(more?: Readonly<Record<string, string>>): Record<string, string>;
  /** By which GitHub's runner lets a job ask for its token. */
  readonly tokenRequest: Readonly<Record<string, string>>;
  /** Of somebody who signs in with a password. */
  as(name: keyof typeof PASSWORDS): Record<string, string>;
  /** Runs a script in the work tree, and answers what it has said. Throws when it fails. */
  shell(script: string, env?: Record<string, string>): Promise<string>;
  /**
   * Writes the pipeline, and does what `esteira ci init` then says is left to do, with `replace` for what it cannot know. The policy asks
   * for a person's approval beside the evidence. Answers the commands by which the jobs are trusted.
   */
  setUp(ci: string, options: string, replace: (commands: string) => string): Promise<string>;
  commit(message: string): Promise<string>;
  champion(): Promise<string | undefined>;
  /** Which version answers a payment where it is served. */
  served(): Promise<string | null>;
  close(): Promise<void>;
}

export async function openPipelineStage(): Promise<PipelineStage> {
  const home = await mkdtemp(join(tmpdir(), "esteira-pipeline-"));
  const work = join(home, "work");
  for (const folder of ["work", "work/data", "bin", "runs"]) await mkdir(join(home, folder));
  await writeFile(join(home, "bin/esteira"), `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`);
  await chmod(join(home, "bin/esteira"), 0o755);
  const issuer = await startCiIssuer({ requestToken: REQUEST_TOKEN, job: () => stage.claims });
  const server = await startServer({
    ...{ host: "127.0.0.1", port: 0, artifactsDestination: join(home, "artifacts") },
    backendStoreUri: `sqlite:///${join(home, "esteira.db")}`,
    webhooks: webhookOptions({ MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http", MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true" }),
    access: {
      admin: { username: "admin", password: PASSWORDS.admin },
      ...{ passwordCost: CHEAP, issuers: { allowPrivate: true } },
    },
  });
  const admin = createClient({ baseUrl: server.url, credentials: basic("admin", PASSWORDS.admin) });
  const target = localTarget({ root: join(home, "deployments"), command: [process.execPath, COMMAND], env: {} });

  /** Calls of the server for which there is no command. */
  async function call(path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
    const headers = { "content-type": "application/json", ...(await basic("admin", PASSWORDS.admin).headers()) };
    const answer = await fetch(`${server.url}/api/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  async function letBiaApprove(): Promise<void> {
    await call("2.0/mlflow/users/create", { username: "bia", password: PASSWORDS.bia });
    const made = await call("3.0/mlflow/roles/create", { name: "risk", workspace: "default" });
    const role_id = (made.role as { id: number }).id;
    const reads = { resource_type: "registered_model", resource_pattern: "pix", permission: "READ" };
    await call("3.0/mlflow/roles/permissions/add", { role_id, ...reads });
    await call("3.0/mlflow/roles/assign", { username: "bia", role_id });
  }

  const stage: PipelineStage = {
    ...{ home, work, server: server.url, issuer, admin, deployments: target, claims: {} },
    tokenRequest: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.issuer}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: REQUEST_TOKEN,
    },
    environment: (more = {}) => ({
      ...{ PATH: `${join(home, "bin")}:${process.env.PATH}`, HOME: home, NO_COLOR: "1", LC_ALL: "C.UTF-8" },
      ...{ XDG_CACHE_HOME: join(home, "cache"), ESTEIRA_DEPLOYMENTS: join(home, "deployments") },
      ...{ GIT_AUTHOR_NAME: "ana", GIT_AUTHOR_EMAIL: "ana@acme.example", GIT_CONFIG_NOSYSTEM: "1" },
      ...{ GIT_COMMITTER_NAME: "ana", GIT_COMMITTER_EMAIL: "ana@acme.example" },
      ...more,
    }),
    as: (name) =>
      stage.environment({
        MLFLOW_TRACKING_URI: server.url,
        MLFLOW_TRACKING_USERNAME: name,
        MLFLOW_TRACKING_PASSWORD: PASSWORDS[name],
      }),
    shell: async (script, env = stage.environment()) => {
      const { code, output } = await execute("bash", ["-e", "-c", script], { cwd: work, env });
      if (code !== 0) throw new Error(`${script} ended with ${code}: ${output}`);
      return output;
    },
    setUp: async (ci, options, replace) => {
      const told = `--gate-options '--label fraud --id id --amount amount --customer payer --threshold 0.5'`;
      const said = await stage.shell(`esteira ci init ${ci} --model pix --server ${server.url} ${options} ${told}`);
      const commands = replace(said.slice(said.indexOf("esteira trust add"), said.indexOf("Put the champion")));
      await stage.shell(commands, stage.as("admin"));
      const policy = JSON.parse(/\{"aliases".*\}/.exec(said)?.[0] ?? "");
      await writeFile(join(home, "policy.json"), JSON.stringify({ ...policy, approvals: { count: 1, role: "risk" } }));
      await stage.shell("esteira policy set ../policy.json --model pix", stage.as("admin"));
      return commands;
    },
    commit: (message) => stage.shell(`git add -A && git commit -qm "${message}" && git push -q origin HEAD 2>&1`),
    champion: async () => (await admin.registeredModels.findByAlias("pix", "champion"))?.version,
    served: async () => {
      const url = (await target.status("pix"))?.url;
      const answer = await fetch(`${url}/invocations`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ dataframe_records: [{ amount: 900, hour: 3 }] }),
      });
      return answer.status === 200 ? answer.headers.get("x-esteira-model") : `HTTP ${answer.status}`;
    },
    close: async () => {
      for (const { wanted } of await target.list()) await target.remove(wanted.name);
      await server.close();
      await issuer.close();
      await rm(home, { recursive: true, force: true });
    },
  };
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
  await stage.shell(
    "git init -q -b main && git init -q --bare -b main ../origin.git && git remote add origin ../origin.git",
  );
  await letBiaApprove();
  return stage;
}
