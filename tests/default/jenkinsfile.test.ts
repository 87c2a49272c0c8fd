import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jenkinsfile } from "../../packages/cli/src/ci/jenkins.ts";
import { jobsOf } from "../../packages/cli/src/ci/pipeline.ts";

const run = promisify(execFile);
const READER = fileURLToPath(new URL("../tools/read-jenkinsfile.groovy", import.meta.url));

function program(name: string): string | undefined {
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  return found.find((file) => existsSync(file));
}
const [groovy, java] = [process.env.ESTEIRA_GROOVY ?? program("groovy"), program("java")];
const missing = groovy === undefined || java === undefined ? " (skipped: no groovy or java: install both)" : "";

const SETTINGS = {
  ...{ model: "pix-fraud", server: "https://esteira.example", experiment: "pix fraud", branch: "main" },
  ...{ gate: "gate.yaml", data: "data/evaluation.csv", artifact: "model", deployment: "pix-fraud" },
  ...{ runner: "serving", reproduce: true, version: "0.1.0" },
  // What Groovy, unlike a shell, might take for its own.
  gateOptions: String.raw`--label 'is fraud' --slice "it's \d" --id $ID --as-of "\${NOW}"`,
};

/** What is said in a block of a Jenkinsfile. */
interface Said {
  readonly name: string;
  readonly args?: readonly unknown[];
  readonly body?: readonly Said[];
  readonly value?: unknown;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-jenkinsfile-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As Groovy understands the text, for a build with that value of its parameter ACTION. */
async function read(text: string, action: string): Promise<readonly Said[]> {
  const file = join(folder, "Jenkinsfile");
  await writeFile(file, text);
  const env = { ...process.env, JAVA_HOME: process.env.JAVA_HOME ?? dirname(dirname(realpathSync(java ?? ""))) };
  const { stdout } = await run(groovy ?? "", [READER, file, action], { env });
  return JSON.parse(stdout);
}

const within = (said: readonly Said[] | undefined, ...names: readonly string[]): readonly Said[] =>
  names.reduce<readonly Said[]>((at, name) => at.find((one) => one.name === name)?.body ?? [], said ?? []);
const everywhere = (said: readonly Said[] = []): readonly Said[] =>
  said.flatMap((one) => [one, ...everywhere(one.body)]);

describe.skipIf(missing !== "")(`a Jenkinsfile that esteira ci init writes${missing}`, { timeout: 120_000 }, () => {
  it("is one pipeline for Groovy, with the sections that a declarative one has", async () => {
    const file = await read(jenkinsfile(SETTINGS), "promote");
    expect(file).toMatchObject([{ name: "pipeline", args: [] }]);
    const sections = ["agent", "options", "parameters", "environment", "stages", "post"];
    expect(file[0]?.body?.map(({ name }) => name)).toEqual(sections);
    expect(within(file, "pipeline", "parameters")).toMatchObject([
      { name: "choice", args: [{ name: "ACTION", choices: ["promote", "roll-back"] }] },
    ]);
    expect(within(file, "pipeline", "environment")).toEqual([
      { name: "MLFLOW_TRACKING_URI", value: "https://esteira.example" },
      { name: "ESTEIRA_MODEL", value: "pix-fraud" },
      { name: "ESTEIRA_EXPERIMENT", value: "pix fraud" },
    ]);
    for (const stage of within(file, "pipeline", "stages"))
      expect(stage.body?.map(({ name }) => name).filter((name) => name !== "agent")).toEqual(["when", "steps"]);
  });

  it("has the stages of its build, on the agent that serves where they serve, and each with a token of its own", async () => {
    for (const action of ["promote", "roll-back"]) {
      const stages = within(await read(jenkinsfile(SETTINGS), action), "pipeline", "stages");
      expect(stages.map(({ args }) => args)).toEqual(jobsOf(SETTINGS).map(({ title }) => [title]));
      const conditions = stages.map(({ body }) => within(body, "when", "allOf"));
      for (const [branch] of conditions) expect(branch).toEqual({ name: "branch", args: ["main"] });
      const due = stages.filter((_, at) => conditions[at]?.find(({ name }) => name === "expression")?.value === true);
      const wanted = jobsOf(SETTINGS).filter(({ when }) => (when === "rolled back") === (action === "roll-back"));
      expect(due.map(({ args }) => args)).toEqual(wanted.map(({ title }) => [title]));
      for (const [at, { serves, step, environment }] of wanted.entries()) {
        const said = everywhere(due[at]?.body);
        const of = (name: string) => said.filter((one) => one.name === name).map(({ args }) => args?.[0]);
        expect(of("label")).toEqual(serves === true ? ["serving"] : []);
        expect(of("input")).toHaveLength(environment === "approval" ? 1 : 0);
        const credential = { credentialsId: "esteira", variable: "ESTEIRA_ID_TOKEN" };
        expect(of("withCredentials")).toEqual(step === undefined ? [] : [[{ name: "string", args: [credential] }]]);
      }
    }
  });

  it("hands every command to the shell letter by letter", async () => {
    const stages = within(await read(jenkinsfile(SETTINGS), "promote"), "pipeline", "stages");
    for (const [at, { commands }] of jobsOf(SETTINGS).entries()) {
      const scripts = everywhere(stages[at]?.body).filter(({ name }) => name === "sh");
      const lines = String(scripts.at(-1)?.args?.[0])
        .split("\n")
        .map((line) => line.trim());
      const wanted = commands.flatMap((command) => command.run.split("\n")).map((line) => line.trim());
      expect(lines.filter((line) => line !== "").slice(-wanted.length)).toEqual(wanted);
    }
  });

  it("would not be read with a fault in it", async () => {
    const text = jenkinsfile(SETTINGS);
    for (const [from, to] of [
      ["stages {", "stages {{"],
      ["sh '''", "sh '"],
      ["stage('Register')", "stage('Register'"],
    ] as const)
      await expect(read(text.replace(from, to), "promote")).rejects.toThrow("startup failed");
  });
});
