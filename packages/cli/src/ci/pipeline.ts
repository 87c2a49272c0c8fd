import type { Step } from "@esteira/core/entities/trusted-identity";

/** What a pipeline is written for. */
export interface PipelineSettings {
  /** The registered model. */
  readonly model: string;
  /** The server's address. */
  readonly server: string;
  readonly experiment: string;
  /** The branch whose commits are promoted. */
  readonly branch: string;
  /** The gate's rules, and the labelled rows that it judges on. */
  readonly gate: string;
  readonly data: string;
  /** What else `esteira gate` is told. */
  readonly gateOptions: string;
  /** Where in its run the training leaves the model. */
  readonly artifact: string;
  /** How the model is served, and the runner on whose machine. */
  readonly deployment: string;
  readonly runner: string;
  /** Make the run again from its commit before it is judged. */
  readonly reproduce: boolean;
  /** Which `esteira` the jobs install. */
  readonly version: string;
}

/** One job: what it may do, when it runs, and its commands, which are the same in every CI. */
export interface Job {
  readonly name: string;
  readonly title: string;
  /** What its token is for; without one it needs none. */
  readonly step?: Step;
  /** A commit of the branch and pull requests; a commit of the branch; somebody who asks to go back. */
  readonly when: "proposed" | "committed" | "rolled back";
  /** The job whose end it waits for. */
  readonly after?: string;
  /** Of the CI: what its rules and its token name. `approval` waits for people. */
  readonly environment?: "staging" | "approval" | "production";
  /** On the machine that serves. */
  readonly serves?: boolean;
  readonly commands: readonly { readonly name: string; readonly run: string }[];
}

/** Kept from job to job: the run, the version, the gate's verdict. */
export const KEPT = ".esteira";
const VERSION = `"$ESTEIRA_MODEL/$(cat ${KEPT}/version)"`;

/** The experiment of what is proposed and not yet merged. */
export const reviewsOf = (experiment: string): string => `${experiment}-reviews`;

export function jobsOf(settings: PipelineSettings): readonly Job[] {
  const { artifact, gate, data, gateOptions, deployment, reproduce } = settings;
  const model = `"runs:/$(cat ${KEPT}/run)/${artifact}"`;
  const deploy = {
    name: "Deploy the champion",
    run: `esteira deploy local "models:/$ESTEIRA_MODEL@champion" --name ${deployment}`,
  };
  return [
    {
      ...{ name: "candidate", title: "Train and judge", step: "train", when: "proposed" },
      commands: [
        { name: "Train", run: `esteira run . --experiment-name "$ESTEIRA_EXPERIMENT" --run-id-file ${KEPT}/run` },
        ...(reproduce ? [{ name: "Reproduce", run: `esteira reproduce "$(cat ${KEPT}/run)"` }] : []),
        {
          name: "Judge",
          run: [
            `esteira gate --model-uri ${model} --for "$ESTEIRA_MODEL" --gate ${gate} --data ${data}${gateOptions === "" ? "" : ` ${gateOptions}`}`,
            `  --json ${KEPT}/verdict.json --junit ${KEPT}/gate.xml --markdown ${KEPT}/gate.md`,
          ].join(" \\\n"),
        },
      ],
    },
    {
      ...{ name: "register", title: "Register", step: "register", when: "committed", after: "candidate" },
      commands: [{ name: "Register", run: `esteira register ${model} --model "$ESTEIRA_MODEL" > ${KEPT}/version` }],
    },
    {
      ...{ name: "evidence", title: "Bring the evidence", step: "evidence", when: "committed", after: "register" },
      commands: [
        {
          name: "Bring the evidence",
          run: `esteira evidence submit ${KEPT}/verdict.json --model "$ESTEIRA_MODEL" --for-version "$(cat ${KEPT}/version)"`,
        },
      ],
    },
    {
      ...{ name: "stage", title: "Stage", step: "promote", when: "committed", after: "evidence" },
      environment: "staging",
      commands: [{ name: "Make it the challenger", run: `esteira promote ${VERSION} --alias challenger` }],
    },
    {
      ...{ name: "approve", title: "Approve", when: "committed", after: "stage", environment: "approval" },
      commands: [{ name: "Show what is approved", run: `cat ${KEPT}/gate.md` }],
    },
    {
      ...{ name: "promote", title: "Promote", step: "promote", when: "committed", after: "approve" },
      environment: "production",
      commands: [{ name: "Make it the champion", run: `esteira promote ${VERSION} --alias champion` }],
    },
    {
      ...{ name: "deploy", title: "Deploy", step: "read", when: "committed", after: "promote", serves: true },
      commands: [deploy],
    },
    {
      ...{ name: "roll-back", title: "Roll back", step: "promote", when: "rolled back", serves: true },
      environment: "production",
      commands: [
        { name: "Make the one before the champion", run: `esteira rollback "$ESTEIRA_MODEL" --alias champion` },
        deploy,
      ],
    },
  ];
}

/** What an admin tells the server once, so that the jobs' tokens are trusted: each with no more than it needs. */
export function trustCommands(ci: "github" | "gitlab" | "jenkins", settings: PipelineSettings): readonly string[] {
  const { model, server, branch, experiment } = settings;
  const steps = (name: string, list: string, runs = experiment) =>
    `esteira trust add "${model}-${name}" --model "${model}" --steps ${list} --experiments "${runs}" --audience ${server}`;
  if (ci === "jenkins") {
    // A multibranch pipeline encodes a branch into the name of its job, and an address encodes that name.
    const job = `https://JENKINS/job/JOB/job/${encodeURIComponent(encodeURIComponent(branch))}/`;
    return [
      `${steps("ci", "read,train,register,evidence,promote")} \\\n    --issuer https://JENKINS/oidc --claim sub=${job}`,
    ];
  }
  const owner = ci === "github" ? "--github OWNER/REPOSITORY" : "--gitlab GROUP/PROJECT";
  const review = ci === "github" ? "event_name=pull_request" : "pipeline_source=merge_request_event";
  return [
    `${steps("ci", "read,train,register,evidence")} \\\n    ${owner} --branch ${branch}`,
    `${steps("staging", "promote")} \\\n    ${owner} --branch ${branch} --environment staging`,
    `${steps("production", "promote")} \\\n    ${owner} --branch ${branch} --environment production`,
    `${steps("reviews", "train", reviewsOf(experiment))} --reads "${experiment}" \\\n    ${owner} --claim ${review}`,
  ];
}
