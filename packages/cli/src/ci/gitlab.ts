import { type Job, jobsOf, KEPT, type PipelineSettings, reviewsOf } from "./pipeline.ts";

/** The pipeline, as text that people read and change. */
export function gitlabPipeline(settings: PipelineSettings): string {
  const { model, server, experiment, version } = settings;
  const jobs = jobsOf(settings);
  return `# From commit to production and back. \`esteira ci init\` has written it; it is yours to change.
# To roll the champion back, run a pipeline of the branch by hand with the variable ESTEIRA_ACTION = roll-back.
stages:
${jobs.map(({ name }) => `  - ${name}`).join("\n")}

variables:
  MLFLOW_TRACKING_URI: ${JSON.stringify(server)}
  ESTEIRA_MODEL: ${JSON.stringify(model)}
  ESTEIRA_EXPERIMENT: ${JSON.stringify(experiment)}

default:
  image: node:22
  # Jobs show who they are by an OIDC token: there is no secret to keep.
  id_tokens:
    ESTEIRA_ID_TOKEN:
      aud: ${JSON.stringify(server)}
  before_script:
    - npm install --global esteira@${version}

${jobs.map((job) => jobText(job, settings)).join("\n")}`;
}

function jobText(job: Job, settings: PipelineSettings): string {
  const commands = [
    ...(job.step === undefined
      ? []
      : [`MLFLOW_TRACKING_TOKEN="$(esteira ci login --step ${job.step})"`, "export MLFLOW_TRACKING_TOKEN"]),
    ...job.commands.map(({ run }) => run),
  ];
  const lines = [
    `${job.name}:`,
    `  stage: ${job.name}`,
    ...(job.after === undefined ? ["  needs: []"] : [`  needs: [${needsOf(job)}]`]),
    ...(job.serves === true ? [`  tags: [${settings.runner}]`] : []),
    ...(job.environment === undefined ? [] : ["  environment:", `    name: ${job.environment}`]),
    "  rules:",
    ...rulesOf(job, settings),
    "  script:",
    ...commands.flatMap(commandText),
    ...(job.when === "proposed" ? ["  after_script:", `    - esteira ci comment ${KEPT}/gate.md`] : []),
    ...(job.name === "candidate" || job.name === "register"
      ? ["  artifacts:", "    when: always", "    paths:", `      - ${KEPT}/`]
      : []),
    ...(job.name === "candidate" ? ["    reports:", `      junit: ${KEPT}/gate.xml`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Files come from the jobs that a job names, and not from those before them. */
const needsOf = ({ name, after }: Job): string =>
  [...new Set(["candidate", ...(name === "register" ? [] : ["register"]), after])].join(", ");

const commandText = (command: string): readonly string[] =>
  command.includes("\n") ? ["    - |", ...command.split("\n").map((line) => `      ${line}`)] : [`    - ${command}`];

function rulesOf({ when, environment }: Job, { branch, experiment }: PipelineSettings): readonly string[] {
  const ofBranch = `$CI_COMMIT_BRANCH == ${JSON.stringify(branch)}`;
  if (when === "rolled back") {
    return [`    - if: '${ofBranch} && $CI_PIPELINE_SOURCE != "push" && $ESTEIRA_ACTION == "roll-back"'`];
  }
  // Started by a commit, or by a webhook.
  const started = `($CI_PIPELINE_SOURCE == "push" || $CI_PIPELINE_SOURCE == "trigger")`;
  const committed = `    - if: '${ofBranch} && ${started} && $ESTEIRA_ACTION != "roll-back"'`;
  if (environment === "approval") return [committed, "      when: manual", "      allow_failure: false"];
  if (when !== "proposed") return [committed];
  return [
    committed,
    `    - if: '$CI_PIPELINE_SOURCE == "merge_request_event"'`,
    // What a merge request trains stays apart from what may be promoted.
    "      variables:",
    `        ESTEIRA_EXPERIMENT: ${JSON.stringify(reviewsOf(experiment))}`,
  ];
}
