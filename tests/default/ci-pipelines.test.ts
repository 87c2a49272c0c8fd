import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { comment } from "../../packages/cli/src/ci/comment.ts";
import { githubWorkflow } from "../../packages/cli/src/ci/github.ts";
import { gitlabPipeline } from "../../packages/cli/src/ci/gitlab.ts";
import { identityToken } from "../../packages/cli/src/ci/identity-token.ts";
import { jenkinsfile } from "../../packages/cli/src/ci/jenkins.ts";
import { jobsOf } from "../../packages/cli/src/ci/pipeline.ts";

const run = promisify(execFile);
const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
/** A program with the CIs' own JSON Schemas in it: GitHub's and GitLab's, which are not ours to copy. */
const CHECK = process.env.ESTEIRA_CHECK_JSONSCHEMA ?? join(homedir(), ".cache/esteira/ci-schemas/bin/check-jsonschema");
const hasSchemas = existsSync(CHECK);

const SETTINGS = {
  ...{ model: "pix-fraud", server: "https://esteira.example", experiment: "pix fraud", branch: "main" },
  ...{ gate: "gate.yaml", data: "data/evaluation.csv", gateOptions: "--label 'is fraud'", artifact: "model" },
  ...{ deployment: "pix-fraud", runner: "serving", reproduce: true, version: "0.1.0" },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-pipelines-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly needs?: string; readonly steps: readonly { readonly run?: string }[] }>
  >;
}
type GitlabJob = { readonly script: readonly string[]; readonly needs: readonly string[] };

/** What each job of each CI tells the shell, without what is the CI's own: signing in, installing. */
const OWN =
  /^(esteira ci (login|comment)|npm install|export |MLFLOW_TRACKING_TOKEN=|set (-eu|[+-]x)$)|GITHUB_STEP_SUMMARY/;
const commandsOf = (lines: readonly string[]) =>
  lines
    .flatMap((line) =>
      line
        .trim()
        .replace(/\\\n\s*/g, "")
        .split("\n"),
    )
    .map((line) => line.trim())
    .filter((line) => !OWN.test(line));

describe("a pipeline that esteira ci init writes", () => {
  const workflow: Workflow = parse(githubWorkflow(SETTINGS));
  const gitlab: Record<string, GitlabJob> = parse(gitlabPipeline(SETTINGS));
  const jenkins = jenkinsfile(SETTINGS);
  const wanted = jobsOf(SETTINGS).map(({ commands }) => commandsOf(commands.map((one) => one.run)));

  it("has the same commands in every CI, each job after the one that it waits for", () => {
    const names = jobsOf(SETTINGS).map(({ name }) => name);
    expect(names).toEqual(["candidate", "register", "evidence", "stage", "approve", "promote", "deploy", "roll-back"]);
    expect(Object.keys(workflow.jobs)).toEqual(names);
    const ofGithub = Object.values(workflow.jobs).map(({ steps }) =>
      commandsOf(steps.flatMap((step) => step.run ?? [])),
    );
    expect(ofGithub).toEqual(wanted);
    expect(names.map((name) => commandsOf(gitlab[name]?.script ?? []))).toEqual(wanted);
    const blocks = [...jenkins.matchAll(/sh '''\n([\s\S]*?)'''/g)].map(([, block = ""]) =>
      block.replaceAll("\\\\", "\\"),
    );
    expect(blocks.map((block) => commandsOf([block]))).toEqual(wanted);
    for (const { name, after } of jobsOf(SETTINGS)) {
      expect(workflow.jobs[name]?.needs).toBe(after);
      if (after !== undefined) expect(gitlab[name]?.needs).toContain(after);
    }
    expect(jenkins.split("{").length).toBe(jenkins.split("}").length);
  });

  it("is shell that bash can read", async () => {
    const scripts = [
      ...Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap((step) => step.run ?? [])),
      ...Object.values(gitlab).flatMap((job) => job.script ?? []),
      ...[...jenkins.matchAll(/sh '''\n([\s\S]*?)'''/g)].map(([, block = ""]) => block.replaceAll("\\\\", "\\")),
    ];
    expect(scripts.length).toBeGreaterThan(30);
    await run("bash", ["-n", "-c", scripts.map((script) => `{\n${script}\n}`).join("\n")]);
  });

  it.skipIf(!hasSchemas)(
    `is what GitHub's and GitLab's own schemas allow${hasSchemas ? "" : ` (skipped: no check-jsonschema at ${CHECK}: run tests/tools/check-jsonschema.sh)`}`,
    async () => {
      for (const reproduce of [true, false]) {
        const files = [join(folder, "workflow.yml"), join(folder, "gitlab-ci.yml")] as const;
        await writeFile(files[0], githubWorkflow({ ...SETTINGS, reproduce }));
        await writeFile(files[1], gitlabPipeline({ ...SETTINGS, reproduce }));
        await run(CHECK, ["--builtin-schema", "vendor.github-workflows", files[0]]);
        await run(CHECK, ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", files[1]]);
        // A check that cannot fail says nothing.
        await writeFile(files[0], githubWorkflow(SETTINGS).replace("runs-on:", "runs-at:"));
        await expect(run(CHECK, ["--builtin-schema", "vendor.github-workflows", files[0]])).rejects.toThrow();
      }
    },
    60_000,
  );
});

describe("esteira ci init", { timeout: 60_000 }, () => {
  const init = async (...args: readonly string[]) => {
    try {
      const { stdout } = await run(process.execPath, [COMMAND, "ci", "init", ...args], { cwd: folder });
      return { code: 0, stdout, stderr: "" };
    } catch (error) {
      const failed = error as { code: number; stdout: string; stderr: string };
      return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr };
    }
  };
  const args = ["--model", "pix", "--server", "https://esteira.example/"];

  it("writes the pipeline, says what is left to do, and never writes over one without being told", async () => {
    for (const [ci, file] of [
      ["github", ".github/workflows/esteira.yml"],
      ["gitlab", ".gitlab-ci.yml"],
      ["jenkins", "Jenkinsfile"],
    ] as const) {
      const first = await init(ci, ...args);
      expect(first, first.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("esteira trust add") });
      expect(await readFile(join(folder, file), "utf8")).toContain("https://esteira.example");
      await writeFile(join(folder, file), "mine");
      expect(await init(ci, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("--force") });
      expect(await readFile(join(folder, file), "utf8")).toBe("mine");
    }
    expect(await init("github", ...args, "--force")).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, ".github/workflows/esteira.yml"), "utf8")).toContain("name: pix");
  });

  it("refuses what would be read as something else in a pipeline", async () => {
    for (const [more, text] of [
      [["circle", ...args], "expected github, gitlab or jenkins"],
      [["github", "--model", "pix"], "--server"],
      [["github", "--model", "p'; rm -rf /", "--server", "https://e.example"], "--model is"],
      [["github", ...args, "--data", "$(id).csv"], "--data is"],
      [["jenkins", ...args, "--gate-options", "'''"], "one line of options"],
    ] as const) {
      const { code, stderr } = await init(...more);
      expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
    }
  });
});

describe("a job of a CI", () => {
  interface Asked {
    readonly method: string;
    readonly url: string;
    readonly authorization: string;
    readonly body: string;
  }
  const asked: Asked[] = [];
  let notes: readonly { readonly id: number; readonly body: string }[] = [];
  const forge = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method = "", url = "", headers } = request;
    const authorization = headers.authorization ?? String(headers["private-token"]);
    asked.push({ method, url, authorization, body });
    const answer = url.startsWith("/token") ? { value: "a.b.c" } : method === "GET" ? notes : {};
    const isKnown = authorization === "Bearer right" || authorization === "right";
    response.writeHead(isKnown ? 200 : 403, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  let base: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => forge.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(forge.address() as AddressInfo).port}`;
    await writeFile(join(folder, "event.json"), JSON.stringify({ pull_request: { number: 7 } }));
    await writeFile(join(folder, "push.json"), JSON.stringify({ ref: "refs/heads/main" }));
  });
  afterAll(() => new Promise((resolve) => forge.close(resolve)));

  it("gets its OIDC token from GitHub's runner, or from the variable of another CI", async () => {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: `${base}/token?v=2`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "right" };
    expect(await identityToken(env, "https://esteira.example")).toBe("a.b.c");
    expect(asked.at(-1)?.url).toBe("/token?v=2&audience=https%3A%2F%2Festeira.example");
    const wrong = { ...env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "wrong" };
    await expect(identityToken(wrong, "x")).rejects.toThrow("it answered HTTP 403");
    expect(await identityToken({ ESTEIRA_ID_TOKEN: " d.e.f\n" }, "x")).toBe("d.e.f");
    await expect(identityToken({}, "x")).rejects.toThrow("id-token: write");
  });

  it.each([
    [
      "GitHub",
      () => ({
        ...{ GITHUB_REPOSITORY: "acme/pix", GITHUB_EVENT_PATH: join(folder, "event.json"), GITHUB_TOKEN: "right" },
        GITHUB_API_URL: base,
      }),
      ["POST", "/repos/acme/pix/issues/7/comments"],
      ["PATCH", "/repos/acme/pix/issues/comments/5"],
    ],
    [
      "GitLab",
      () => ({ CI_API_V4_URL: base, CI_PROJECT_ID: "12", CI_MERGE_REQUEST_IID: "7", ESTEIRA_COMMENT_TOKEN: "right" }),
      ["POST", "/projects/12/merge_requests/7/notes"],
      ["PUT", "/projects/12/merge_requests/7/notes/5"],
    ],
  ] as const)("has one comment under its pull request at %s, however often it runs", async (_, env, made, changed) => {
    notes = [{ id: 4, body: "somebody's" }];
    expect(await comment("### Gate pix: PASSED", env())).toBe("made");
    expect([asked.at(-1)?.method, asked.at(-1)?.url]).toEqual(made);
    notes = [...notes, { id: 5, body: JSON.parse(asked.at(-1)?.body ?? "").body }];
    expect(await comment("### Gate pix: REFUSED", env())).toBe("changed");
    expect([asked.at(-1)?.method, asked.at(-1)?.url]).toEqual(changed);
    expect(JSON.parse(asked.at(-1)?.body ?? "").body).toContain("REFUSED");
    const wrong = { ...env(), GITHUB_TOKEN: "wrong", ESTEIRA_COMMENT_TOKEN: "wrong" };
    await expect(comment("x", wrong)).rejects.toThrow("HTTP 403");
    await expect(comment("x", { ...wrong, GITHUB_TOKEN: "", ESTEIRA_COMMENT_TOKEN: "" })).rejects.toThrow("is not set");
  });

  it("that is of no pull request comments nothing", async () => {
    const push = { GITHUB_REPOSITORY: "acme/pix", GITHUB_EVENT_PATH: join(folder, "push.json") };
    expect(await comment("x", push)).toBeUndefined();
    expect(await comment("x", {})).toBeUndefined();
  });
});
