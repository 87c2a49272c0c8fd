import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { STEPS } from "@esteira/core/entities/trusted-identity";
import { alreadyExists, invalid, notFound } from "@esteira/core/errors";
import pc from "picocolors";
import { audienceOf } from "../ci/audience.ts";
import type { PipelineSettings } from "../ci/pipeline.ts";
import { type Command, type Terminal, text, type Values } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { version } from "../version.ts";

const FILES = { github: ".github/workflows/esteira.yml", gitlab: ".gitlab-ci.yml", jenkins: "Jenkinsfile" } as const;
type Ci = keyof typeof FILES;

/** What a CI does: its pipeline, its sign-in, and its comment under a pull request. */
export const ci: readonly Command[] = [
  {
    name: "ci init",
    summary: "Write a pipeline from commit to production and back, for github, gitlab or jenkins",
    arguments: [{ name: "ci", summary: "github, gitlab or jenkins" }],
    options: [
      { flags: "-m, --model <name>", summary: "the registered model", required: true },
      { flags: "--server <url>", summary: "the server, as jobs reach it (default: MLFLOW_TRACKING_URI)" },
      { flags: "--experiment <name>", summary: "of the trainings' runs (default: the model's name)" },
      { flags: "--branch <name>", summary: "whose commits are promoted", default: "main" },
      { flags: "--gate <file>", summary: "what the model must prove", default: "gate.yaml" },
      { flags: "--data <file>", summary: "labelled rows to judge on", default: "data/evaluation.csv" },
      {
        flags: "--gate-options <text>",
        summary: "what else `esteira gate` is told, such as '--label fraud'",
        default: "",
      },
      { flags: "--artifact <path>", summary: "where in its run the training leaves the model", default: "model" },
      { flags: "--deployment <name>", summary: "as what it is served (default: the model's name)" },
      { flags: "--runner <label>", summary: "the runner on the machine that serves", default: "serving" },
      { flags: "--reproduce", summary: "make each run again from its commit before it is judged" },
      { flags: "--force", summary: "write over a pipeline that is there" },
    ],
    async run(values, terminal) {
      const kind = ciOf(text(values, "ci") ?? "");
      const settings = settingsOf(values, terminal);
      const file = FILES[kind];
      if (values.force !== true && (await exists(file))) {
        throw alreadyExists(`${file} is there already: --force writes over it.`);
      }
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await pipelineText(kind, settings));
      terminal.out(`${pc.bold(file)} is written. What is left to do:`);
      for (const line of await nextSteps(kind, settings)) terminal.out(line);
      return 0;
    },
  },
  {
    name: "ci login",
    summary: "Exchange this job's OIDC token for a token of minutes, for one step, and print it",
    options: [
      { flags: "--step <step>", summary: `one of ${STEPS.join(", ")}`, required: true },
      { flags: "-m, --model <name>", summary: "the registered model; also ESTEIRA_MODEL" },
      { flags: "--audience <text>", summary: "for whom the job's token is (default: MLFLOW_TRACKING_URI)" },
      { flags: "--env", summary: "print it as MLFLOW_TRACKING_TOKEN=..., for $GITHUB_ENV" },
    ],
    async run(values, terminal) {
      const step = STEPS.find((known) => known === text(values, "step"));
      if (step === undefined)
        throw invalid(`There is no step '${text(values, "step")}': the steps are ${STEPS.join(", ")}.`);
      const model = text(values, "model") ?? terminal.env.ESTEIRA_MODEL;
      if (!model) throw invalid("Say on which registered model the step is taken: --model, or ESTEIRA_MODEL.");
      const { identityToken } = await import("../ci/identity-token.ts");
      const token = await identityToken(terminal.env, audienceOf(values, terminal.env));
      // Whatever token is set already is of an earlier step.
      const client = trackingClient({ env: { ...terminal.env, MLFLOW_TRACKING_TOKEN: undefined } });
      const issued = await client.trust.exchange({ token, model, step });
      // GitHub hides in its logs what a job says so of.
      if (terminal.env.GITHUB_ACTIONS === "true") terminal.note(`::add-mask::${issued.token}`);
      terminal.note(`${issued.identity} may ${step} on ${model} until ${new Date(issued.expiresAt).toISOString()}.`);
      terminal.out(values.env === true ? `MLFLOW_TRACKING_TOKEN=${issued.token}` : issued.token);
      return 0;
    },
  },
  {
    name: "ci comment",
    summary: "Write the gate's Markdown under this job's pull request, in place of what was written before",
    arguments: [{ name: "file", summary: "Markdown, as `esteira gate --markdown` writes it" }],
    options: [],
    async run(values, terminal) {
      const file = text(values, "file") ?? "";
      const markdown = await readFile(file, "utf8").catch(() => {
        throw notFound(`${file} cannot be read: \`esteira gate --markdown ${file}\` writes it.`);
      });
      const { comment } = await import("../ci/comment.ts");
      const done = await comment(markdown, terminal.env);
      terminal.note(
        done === undefined ? "This job is of no pull request: there is nothing to comment." : `The comment is ${done}.`,
      );
      return 0;
    },
  },
];

function ciOf(name: string): Ci {
  if (name === "github" || name === "gitlab" || name === "jenkins") return name;
  throw invalid(`There is no pipeline for '${name}': expected github, gitlab or jenkins.`);
}

async function pipelineText(kind: Ci, settings: PipelineSettings): Promise<string> {
  switch (kind) {
    case "github":
      return (await import("../ci/github.ts")).githubWorkflow(settings);
    case "gitlab":
      return (await import("../ci/gitlab.ts")).gitlabPipeline(settings);
    case "jenkins":
      return (await import("../ci/jenkins.ts")).jenkinsfile(settings);
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** What goes into commands as it is must be one word there. */
const WORD = /^[\w./@-]+$/;
const NAME = /^[A-Za-z0-9][\w .-]*$/;

function settingsOf(values: Values, { env }: Terminal): PipelineSettings {
  const given = (name: string) => text(values, name) ?? "";
  const server = (text(values, "server") ?? env.MLFLOW_TRACKING_URI ?? "").replace(/\/+$/, "");
  if (!/^https?:\/\/[^\s'"\\$]+$/.test(server)) {
    throw invalid(
      `The server's address is '${server}': give it as jobs reach it with --server, such as https://esteira.example.`,
    );
  }
  const model = given("model");
  const settings = {
    model,
    server,
    experiment: text(values, "experiment") ?? model,
    branch: given("branch"),
    gate: given("gate"),
    data: given("data"),
    gateOptions: given("gateOptions").trim(),
    artifact: given("artifact"),
    deployment: text(values, "deployment") ?? model.replace(/[^\w.-]+/g, "-"),
    runner: given("runner"),
    reproduce: values.reproduce === true,
    version,
  };
  for (const name of ["model", "experiment"] as const) {
    if (!NAME.test(settings[name])) {
      throw invalid(
        `--${name} is '${settings[name]}': in a pipeline use letters, digits, blanks, dots, dashes and underscores only.`,
      );
    }
  }
  for (const name of ["branch", "gate", "data", "artifact", "deployment", "runner"] as const) {
    if (!WORD.test(settings[name])) {
      throw invalid(
        `--${name} is '${settings[name]}': use letters, digits, dots, dashes, slashes and underscores only.`,
      );
    }
  }
  if (/[\r\n]|'''/.test(settings.gateOptions))
    throw invalid("--gate-options is one line of options for `esteira gate`.");
  return settings;
}

async function nextSteps(kind: Ci, settings: PipelineSettings): Promise<readonly string[]> {
  const { trustCommands } = await import("../ci/pipeline.ts");
  const ofCi = {
    github: [
      "Make the environments staging, approval and production (Settings, Environments): each for the branch only,",
      "  and approval with those who must say yes as its required reviewers.",
      `Register a runner with the label ${settings.runner} on the machine that serves.`,
    ],
    gitlab: [
      "Protect the environments staging, approval and production: who may start the manual job approve says yes.",
      `Register a runner with the tag ${settings.runner} on the machine that serves.`,
      "For comments under merge requests, make a project access token (scope api) and set it as ESTEIRA_COMMENT_TOKEN.",
    ],
    jenkins: [
      "Make a multibranch pipeline of the repository: only its job of the branch is trusted, so pull requests are not judged there.",
      `Make the credential esteira (OpenID Connect id token) with the audience ${settings.server}.`,
      `Give the agent on the machine that serves the label ${settings.runner}.`,
    ],
  }[kind];
  return [
    "As an admin of the server, say whom it trusts:",
    ...trustCommands(kind, settings).map((line) => `  ${line}`),
    "Put the champion under a policy, so that only evidence of the gate moves it: `esteira policy set`, with",
    `  {"aliases": ["champion"], "evidence": {"identities": ["${settings.model}-ci"]}}`,
    ...ofCi,
    `Commit the pipeline with an MLproject, ${settings.gate} and ${settings.data}.`,
  ];
}
