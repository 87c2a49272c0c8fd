import { type Job, jobsOf, KEPT, type PipelineSettings, reviewsOf } from "./pipeline.ts";

const OF_BRANCH = "github.event_name == 'push' || github.event_name == 'repository_dispatch'";
const OWN_PULL_REQUEST = "github.event.pull_request.head.repo.full_name == github.repository";

/** The workflow, as text that people read and change. */
export function githubWorkflow(settings: PipelineSettings): string {
  const { model, server, experiment, branch } = settings;
  return `# From commit to production and back. \`esteira ci init\` has written it; it is yours to change.
name: ${model}

on:
  push:
    branches: [${quoted(branch)}]
  pull_request:
  # An alert, or whatever else \`esteira ci relay\` was told to start it for: everything is made anew from the newest commit.
  repository_dispatch:
    types: [esteira]
  # Started by hand, it rolls the champion back to the version before it.
  workflow_dispatch:

permissions:
  contents: read
  # Jobs show who they are by an OIDC token: there is no secret to keep.
  id-token: write

concurrency:
  group: \${{ github.workflow }}-\${{ github.ref }}

env:
  MLFLOW_TRACKING_URI: ${quoted(server)}
  ESTEIRA_MODEL: ${quoted(model)}
  # What a pull request trains stays apart from what may be promoted.
  ESTEIRA_EXPERIMENT: \${{ github.event_name == 'pull_request' && '${reviewsOf(experiment)}' || '${experiment}' }}

jobs:
${jobsOf(settings)
  .map((job) => jobText(job, settings))
  .join("\n")}`;
}

function jobText(job: Job, settings: PipelineSettings): string {
  const isProgram = job.step !== undefined;
  const head = [
    `  ${job.name}:`,
    `    name: ${quoted(job.title)}`,
    `    if: ${conditionOf(job)}`,
    ...(job.after === undefined ? [] : [`    needs: ${job.after}`]),
    `    runs-on: ${job.serves === true ? `[self-hosted, ${settings.runner}]` : "ubuntu-latest"}`,
    ...(job.environment === undefined ? [] : [`    environment: ${job.environment}`]),
    ...(job.when === "proposed"
      ? ["    permissions:", "      contents: read", "      id-token: write", "      pull-requests: write"]
      : []),
    // Without this the runner ends what is to go on serving.
    ...(job.serves === true ? ["    env:", '      RUNNER_TRACKING_ID: ""'] : []),
    "    steps:",
  ];
  const steps = [
    ...(isProgram
      ? [
          ["- uses: actions/checkout@v4"],
          ["- uses: actions/setup-node@v4", "  with:", "    node-version: 22"],
          ["- name: Install", `  run: npm install --global esteira@${settings.version}`],
        ]
      : []),
    ...(job.after === undefined || job.serves === true
      ? []
      : [["- uses: actions/download-artifact@v4", "  with:", "    name: esteira", `    path: ${KEPT}`]]),
    ...(job.step === undefined
      ? []
      : [["- name: Log in", `  run: esteira ci login --step ${job.step} --env >> "$GITHUB_ENV"`]]),
    ...job.commands.map(({ name, run }) => [`- name: ${name}`, ...runText(run)]),
    ...(job.name === "approve"
      ? [["- name: Show it on the run's page", `  run: cat ${KEPT}/gate.md >> "$GITHUB_STEP_SUMMARY"`]]
      : []),
    ...(job.when === "proposed"
      ? [
          [
            "- name: Comment",
            "  if: always() && github.event_name == 'pull_request'",
            "  env:",
            `    GITHUB_TOKEN: \${{ github.token }}`,
            `  run: esteira ci comment ${KEPT}/gate.md`,
          ],
        ]
      : []),
    ...(job.name === "candidate" || job.name === "register"
      ? [
          [
            "- uses: actions/upload-artifact@v4",
            "  if: always()",
            "  with:",
            "    name: esteira",
            `    path: ${KEPT}`,
            "    include-hidden-files: true",
            "    overwrite: true",
          ],
        ]
      : []),
  ];
  return `${[...head, ...steps.flat().map((line) => `      ${line}`)].join("\n")}\n`;
}

function conditionOf({ when }: Job): string {
  if (when === "rolled back") return "github.event_name == 'workflow_dispatch'";
  if (when === "committed") return OF_BRANCH;
  // A pull request from a fork gets no OIDC token.
  return `${OF_BRANCH} || ${OWN_PULL_REQUEST}`;
}

const runText = (run: string): readonly string[] =>
  run.includes("\n") ? ["  run: |", ...run.split("\n").map((line) => `    ${line}`)] : [`  run: ${plain(run)}`];

/** A command that YAML would read as something else goes into a block. */
const plain = (run: string): string => (/^["'[{*&!|>%@`]|: | #/.test(run) ? `|\n          ${run}` : run);

/** A name as YAML's double-quoted text, which JSON's is too. */
const quoted = (text: string): string => (/^[A-Za-z][\w./-]*$/.test(text) ? text : JSON.stringify(text));
