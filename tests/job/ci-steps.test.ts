import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { openPipelineStage, type PipelineStage } from "./pipeline-stage.ts";
import { execute } from "./workflow-runner.ts";

/** A job of a pipeline, as its CI would run it: a shell, and whose job its OIDC token says that it is. */
interface Job {
  readonly name: string;
  readonly script: string;
  readonly claims: Readonly<Record<string, string>>;
}

let stage: PipelineStage;
afterEach(() => stage?.close());

/** Runs jobs one after the other on one work tree, until one fails; before each it gets a token of its own. `shell` is the CI's. */
async function run(
  jobs: readonly Job[],
  variables: Readonly<Record<string, string>>,
  [shell, ...options]: readonly [string, ...string[]] = ["bash", "-e"],
): Promise<string> {
  let log = "";
  for (const { name, script, claims } of jobs) {
    if (name === "approve" || name === "Approve") {
      const version = (await readFile(join(stage.work, ".esteira/version"), "utf8")).trim();
      await stage.shell(`esteira approve pix/${version} --for champion`, stage.as("bia"));
    }
    const token = await stage.issuer.sign({ ...claims, aud: stage.server });
    const env = stage.environment({ ...variables, ESTEIRA_ID_TOKEN: token });
    const { code, output } = await execute(shell, [...options, "-c", script], { cwd: stage.work, env });
    log += `== ${name}\n${output}`;
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${log}`);
  }
  return log;
}

async function commitWith(rounds: number): Promise<void> {
  await writeFile(join(stage.work, "params.json"), `{ "rounds": ${rounds} }\n`);
  await writeFile(join(stage.work, ".gitignore"), ".esteira/\n");
  await stage.commit(`${rounds} stumps`);
}

/** Answers what all the jobs have said. */
async function expectBothWays(toProduction: () => Promise<string>, back: () => Promise<string>): Promise<string> {
  let said = "";
  for (const [rounds, version] of [
    [1, "1"],
    [4, "2"],
  ] as const) {
    await commitWith(rounds);
    const log = await toProduction();
    expect(await stage.champion(), log).toBe(version);
    expect(await stage.served(), log).toBe(`pix/${version}`);
    said += log;
  }
  const log = await back();
  expect(await stage.champion(), log).toBe("1");
  expect(await stage.served(), log).toBe("pix/1");
  expect(await stage.admin.timeline.verify()).toMatchObject({ found: [], faultCount: 0 });
  return said + log;
}

describe("the steps that esteira ci init writes lead from commits to production and back", { timeout: 900_000 }, () => {
  it("at GitLab, each run made again from its commit before it is judged", async () => {
    stage = await openPipelineStage();
    await stage.setUp("gitlab", "--reproduce", (said) =>
      said.replaceAll("--gitlab GROUP/PROJECT", `--gitlab acme/pix --issuer ${stage.issuer.issuer}`),
    );
    const pipeline = parse(await readFile(join(stage.work, ".gitlab-ci.yml"), "utf8"));
    const names: readonly string[] = pipeline.stages;
    const job = (name: string): Job => {
      const environment: string | undefined = pipeline[name].environment?.name;
      return {
        name,
        script: pipeline[name].script.join("\n"),
        claims: {
          sub: "project_path:acme/pix:ref_type:branch:ref:main",
          ...{ project_path: "acme/pix", ref: "main", ref_type: "branch", pipeline_source: "push" },
          ...(environment === undefined ? {} : { environment }),
        },
      };
    };
    expect(names.at(-1)).toBe("roll-back");
    await expectBothWays(
      () => run(names.slice(0, -1).map(job), pipeline.variables),
      () => run([job("roll-back")], pipeline.variables),
    );
  });

  it("with Jenkins", async () => {
    stage = await openPipelineStage();
    const sub = "https://jenkins.example/job/pix/job/main/";
    await stage.setUp("jenkins", "", (said) =>
      said.replace("https://JENKINS/oidc", stage.issuer.issuer).replace("https://JENKINS/job/JOB/job/main/", sub),
    );
    const text = await readFile(join(stage.work, "Jenkinsfile"), "utf8");
    const variables = Object.fromEntries(
      [...text.matchAll(/^ {4}(\w+) = '(.*)'$/gm)].map(([, name, value]) => [name, value]),
    );
    expect(Object.keys(variables)).toEqual(["MLFLOW_TRACKING_URI", "ESTEIRA_MODEL", "ESTEIRA_EXPERIMENT"]);
    const jobs = text
      .split(/^ {4}stage\('/m)
      .slice(1)
      .map((part): Job => {
        const block = /sh '''\n([\s\S]*?)'''/.exec(part)?.[1] ?? "";
        return { name: part.slice(0, part.indexOf("'")), script: block.replaceAll("\\\\", "\\"), claims: { sub } };
      });
    expect(jobs.map(({ name }) => name).at(-1)).toBe("Roll back");
    await mkdir(join(stage.work, ".esteira"), { recursive: true });
    // Jenkins runs a script so, and all that it says is kept with the build.
    const said = await expectBothWays(
      () => run(jobs.slice(0, -1), variables, ["sh", "-xe"]),
      () => run(jobs.slice(-1), variables, ["sh", "-xe"]),
    );
    expect(said).toContain("+ esteira register runs:/");
    expect(said).not.toMatch(/MLFLOW_TRACKING_TOKEN=\S/);
  });
});
