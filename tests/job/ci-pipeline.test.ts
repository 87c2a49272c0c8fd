import { chmod, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startRelay } from "../../packages/cli/src/ci/relay.ts";
import { pipelineStarter } from "../../packages/cli/src/ci/start-pipeline.ts";
import { openPipelineStage, type PipelineStage } from "./pipeline-stage.ts";
import { payments } from "./training-project.ts";
import { type Event, execute, type Outcome, runWorkflow } from "./workflow-runner.ts";

let stage: PipelineStage;
let ci: Awaited<ReturnType<typeof startCi>>;
const comments: string[] = [];
/** How the identity of most jobs was added. */
let trusted = "";

beforeAll(async () => {
  stage = await openPipelineStage();
  ci = await startCi();
}, 120_000);
afterAll(async () => {
  await ci?.close();
  await stage?.close();
});

/** The CI: a push hook tells it of commits, a person starts the workflow by hand, and under its pull requests are comments. */
async function startCi() {
  const outcomes: Outcome[] = [];
  const run = async (event: Omit<Event, "repository" | "token">): Promise<Outcome> => {
    const outcome = await runWorkflow(
      ".github/workflows/esteira.yml",
      { ...event, repository: "acme/pix", token: "a job's token" },
      {
        repository: join(stage.home, "origin.git"),
        home: join(stage.home, "runs"),
        env: stage.environment({ ...stage.tokenRequest, GITHUB_API_URL: url }),
        onJob: async ({ name, environment: place }, { ref, event_name }, kept) => {
          stage.claims = {
            sub: `repo:acme/pix:${place === undefined ? `ref:${ref}` : `environment:${place}`}`,
            ...{ repository: "acme/pix", ref, event_name },
            ...(place === undefined ? {} : { environment: place }),
          };
          if (name !== "approve") return;
          const version = (await readFile(join(kept, "version"), "utf8")).trim();
          await stage.shell(`esteira approve pix/${version} --for champion`, stage.as("bia"));
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
    if (request.url === "/repos/acme/pix/dispatches") {
      // Taken, and done afterwards.
      response.writeHead(204).end();
      const sha = (await stage.shell("git rev-parse origin/main")).trim();
      await run({ event_name: "repository_dispatch", ref: "refs/heads/main", sha, event: JSON.parse(body) });
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

describe("the pipeline that esteira ci init writes", { timeout: 900_000 }, () => {
  it("is set up by what it prints: whom the server trusts, and under which policy the champion is", async () => {
    const commands = await stage.setUp("github", "", (said) =>
      said.replaceAll("--github OWNER/REPOSITORY", `--github acme/pix --issuer ${stage.issuer.issuer}`),
    );
    expect(commands.match(/esteira trust add/g)).toHaveLength(4);
    trusted = commands.slice(0, commands.indexOf("esteira trust add", 1));
    const hook = join(stage.home, "origin.git/hooks/post-receive");
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
  const rounds = (count: number) => writeFile(join(stage.work, "params.json"), `{ "rounds": ${count} }\n`);

  it("brings a commit to production, without a hand", async () => {
    const log = await stage.commit("The first model");
    expect(ci.outcomes.at(-1)?.jobs, log).toEqual(succeeded(ALL));
    expect(await stage.champion()).toBe("1");
    expect(await stage.served()).toBe("pix/1");
    // What the first job's token could do, it can no more, and its deployment goes on all the same.
    await stage.shell(`esteira trust remove pix-ci && ${trusted}`, stage.as("admin"));
    await rounds(4);
    const again = await stage.commit("More stumps");
    expect(ci.outcomes.at(-1)?.jobs, again).toEqual(succeeded(ALL));
    expect(await stage.champion()).toBe("2");
    expect(await stage.served()).toBe("pix/2");
  });

  it("is started by a webhook, and brings what it trains anew to production", async () => {
    const relay = await startRelay({
      ...{ host: "127.0.0.1", port: 0, secret: "hush", model: "pix", events: ["model_version_tag.set"] },
      start: pipelineStarter(
        { ci: "github", project: "acme/pix", branch: "main" },
        { GITHUB_API_URL: ci.url, GITHUB_TOKEN: "t" },
      ),
      ...{ clock: Date.now, note: () => {} },
    });
    onTestFinished(() => relay.close());
    const events = [{ entity: "model_version_tag", action: "set" }] as const;
    await stage.admin.webhooks.create({ name: "retrain", url: relay.url, events, secret: "hush" });
    const before = ci.outcomes.length;
    await stage.admin.modelVersions.setTag("pix", "1", { key: "retrain", value: "it is old" });
    await expect.poll(() => ci.outcomes.length, { timeout: 300_000, interval: 200 }).toBe(before + 1);
    const { jobs, log } = ci.outcomes.at(-1) ?? {};
    expect(jobs, log).toEqual(succeeded(ALL));
    expect(await stage.champion()).toBe("3");
    expect(await stage.served()).toBe("pix/3");
  });

  it("comments what a pull request would be, and promotes nothing of it", async () => {
    await stage.shell("git checkout -q -b more");
    await rounds(5);
    // The workflow is for pushes to main; this one is proposed.
    await stage.commit("One more");
    expect(ci.outcomes.at(-1)?.jobs).toEqual({});
    const sha = (await stage.shell("git rev-parse HEAD")).trim();
    const event = { pull_request: { number: 1, head: { repo: { full_name: "acme/pix" } } } };
    const { jobs, log } = await ci.run({ event_name: "pull_request", ref: "refs/pull/1/merge", sha, event });
    expect(jobs, log).toEqual({ candidate: "success" });
    expect(comments).toEqual([expect.stringContaining("### Gate pix: PASSED")]);
    expect(await stage.champion()).toBe("3");
  });

  it("stops what the gate refuses before it is registered", async () => {
    await stage.shell("git checkout -q main");
    await writeFile(
      join(stage.work, "data/train.csv"),
      payments(800, 1, (isFraud) => !isFraud),
    );
    const log = await stage.commit("Labels the wrong way round");
    expect(ci.outcomes.at(-1)?.jobs, log).toEqual({ candidate: "failure" });
    expect(log).toContain("REFUSED");
    expect(log).toContain("exit code 3");
    const versions = await stage.admin.modelVersions.search({ filter: "name = 'pix'" });
    expect(versions.items.map(({ version }) => version).sort()).toEqual(["1", "2", "3"]);
    expect(await stage.champion()).toBe("3");
  });

  it("rolls back when somebody starts it by hand", async () => {
    const sha = (await stage.shell("git rev-parse origin/main")).trim();
    const { jobs, log } = await ci.run({ event_name: "workflow_dispatch", ref: "refs/heads/main", sha, event: {} });
    expect(jobs, log).toEqual({ "roll-back": "success" });
    expect(await stage.champion()).toBe("2");
    expect(await stage.served()).toBe("pix/2");
  });

  it("leaves a timeline that says which jobs did what, and on what evidence", async () => {
    const history = await stage.admin.timeline.history("pix");
    const moves = history.filter(({ action, subject }) => action === "alias.set" && subject.alias === "champion");
    const { issuer } = stage.issuer;
    const production = { name: "repo:acme/pix:environment:production", origin: "ci", issuer };
    expect(moves.map(({ subject, actor, evidence }) => [subject.version, actor, evidence])).toEqual(
      [1, 2, 3, 2].map((version) => [version, expect.objectContaining(production), expect.stringMatching(/^sha256:/)]),
    );
    expect(await stage.admin.timeline.verify()).toMatchObject({ found: [], faultCount: 0 });
  });

  it("gives no job more than its own: a stolen token of another branch moves nothing", async () => {
    stage.claims = { sub: "repo:acme/pix:ref:refs/heads/more", repository: "acme/pix", ref: "refs/heads/more" };
    const env = stage.environment({ ...stage.tokenRequest, MLFLOW_TRACKING_URI: stage.server, ESTEIRA_MODEL: "pix" });
    const { code, output } = await execute("esteira", ["ci", "login", "--step", "promote"], { cwd: stage.home, env });
    expect([code, output]).toEqual([2, expect.stringContaining("its ref is 'refs/heads/more'")]);
  });
});
