import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly name: string;
  readonly if?: string;
  readonly needs?: string;
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: { readonly push: { readonly branches: readonly string[] } };
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** What has happened, in the words of GitHub: the `github` of its expressions. */
export interface Event {
  readonly event_name: "push" | "pull_request" | "repository_dispatch" | "workflow_dispatch";
  readonly ref: string;
  readonly sha: string;
  readonly repository: string;
  readonly token: string;
  readonly event: Readonly<Record<string, unknown>>;
}

export interface RunnerOptions {
  /** The git repository that is cloned for each job. */
  readonly repository: string;
  /** A folder for work trees and for what jobs leave. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called before a job, with what it may tell of itself by an OIDC token and where earlier jobs left their files. */
  readonly onJob: (
    job: { readonly name: string; readonly environment?: string },
    event: Event,
    kept: string,
  ) => Promise<void>;
}

export interface Outcome {
  /** By job; jobs that did not run are absent. */
  readonly jobs: Readonly<Record<string, "success" | "failure">>;
  readonly log: string;
}

/**
 * Runs a GitHub workflow as its runner would, as far as the generated one goes: jobs in the order of their needs, each in a fresh clone;
 * steps with `bash -e`; `$GITHUB_ENV`; artifacts; conditions. Actions other than the artifacts' do what is done already.
 */
export async function runWorkflow(file: string, event: Event, options: RunnerOptions): Promise<Outcome> {
  const home = await mkdtemp(join(options.home, "run-"));
  const kept = join(home, "kept");
  await mkdir(kept);
  const workflow: Workflow = parse(await show(options.repository, `${event.sha}:${file}`));
  const branch = event.ref.replace("refs/heads/", "");
  const jobs: Record<string, "success" | "failure"> = {};
  let log = "";
  if (event.event_name === "push" && !workflow.on.push.branches.includes(branch)) return { jobs, log };
  await writeFile(join(home, "event.json"), JSON.stringify(event.event));
  for (const [id, job] of Object.entries(workflow.jobs)) {
    if (job.needs !== undefined && jobs[job.needs] !== "success") continue;
    if (job.if !== undefined && !truth(evaluate(job.if, event))) continue;
    log += `\n== ${job.name}\n`;
    await options.onJob(
      { name: id, ...(job.environment === undefined ? {} : { environment: job.environment }) },
      event,
      kept,
    );
    const work = join(home, id);
    await succeed("git", ["clone", "-q", options.repository, work]);
    await succeed("git", ["-C", work, "checkout", "-q", event.sha]);
    const envFile = join(home, `${id}.env`);
    await writeFile(envFile, "");
    let state: "success" | "failure" = "success";
    for (const step of job.steps) {
      const condition = step.if ?? "success()";
      if (!truth(evaluate(condition.includes("always()") ? condition : `success() && ${condition}`, event, state)))
        continue;
      if (step.uses?.startsWith("actions/download-artifact"))
        await cp(kept, join(work, ".esteira"), { recursive: true });
      if (step.uses?.startsWith("actions/upload-artifact")) {
        await cp(join(work, ".esteira"), kept, { recursive: true }).catch(() => undefined);
      }
      // The command of this clone is on the PATH.
      if (step.run === undefined || step.name === "Install") continue;
      const env = {
        ...options.env,
        ...values({ ...workflow.env, ...job.env, ...step.env }, event),
        ...fromEnvFile(await readFile(envFile, "utf8")),
        ...{ GITHUB_ACTIONS: "true", GITHUB_ENV: envFile, GITHUB_STEP_SUMMARY: join(home, "summary.md") },
        ...{ GITHUB_EVENT_PATH: join(home, "event.json"), GITHUB_EVENT_NAME: event.event_name },
        ...{ GITHUB_REPOSITORY: event.repository, GITHUB_SHA: event.sha },
      };
      log += `-- ${step.name}\n`;
      const ended = await execute("bash", ["-e", "-c", step.run], { cwd: work, env });
      log += ended.output;
      if (ended.code !== 0) {
        log += `exit code ${ended.code}\n`;
        state = "failure";
      }
    }
    jobs[id] = state;
    await rm(work, { recursive: true, force: true });
  }
  return { jobs, log };
}

const show = async (repository: string, what: string): Promise<string> =>
  succeed("git", ["-C", repository, "show", what]);

export async function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  // What is to go on serving has the pipes too: the command's own end counts.
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return { code, output };
}

async function succeed(command: string, args: readonly string[]): Promise<string> {
  const { code, output } = await execute(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${output}`);
  return output;
}

const fromEnvFile = (content: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    content
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

const values = (env: Readonly<Record<string, string>>, event: Event): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).map(([key, value]) => [
      key,
      String(value).replace(/\$\{\{(.*?)\}\}/g, (_, text: string) => String(evaluate(text, event) ?? "")),
    ]),
  );

const truth = (value: unknown): boolean => value !== false && value !== "" && value !== null && value !== undefined;

/** GitHub's expressions, of which the generated workflow has `||`, `&&`, `==`, texts, functions of state and paths. */
function evaluate(text: string, github: Event, state: "success" | "failure" = "success"): unknown {
  const split = (by: string) => text.split(by).map((part) => part.trim());
  if (text.includes("||"))
    return split("||")
      .map((part) => evaluate(part, github, state))
      .find(truth);
  if (text.includes("&&")) {
    const parts = split("&&").map((part) => evaluate(part, github, state));
    return parts.find((part) => !truth(part)) ?? parts.at(-1);
  }
  if (text.includes("==")) {
    const [left, right] = split("==").map((part) => evaluate(part, github, state));
    return left === right;
  }
  const one = text.trim();
  if (one === "always()") return true;
  if (one === "success()") return state === "success";
  if (/^'[^']*'$/.test(one)) return one.slice(1, -1);
  const path = /^github((?:\.\w+)+)$/.exec(one)?.[1];
  if (path === undefined) throw new Error(`The expression '${one}' is none that this runner knows.`);
  return (
    path
      .slice(1)
      .split(".")
      .reduce<unknown>(
        (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
        github,
      ) ?? null
  );
}
