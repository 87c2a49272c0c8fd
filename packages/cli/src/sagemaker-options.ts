import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Aws } from "@esteira/deploy/sagemaker/aws";
import type { Parts } from "@esteira/deploy/sagemaker/revision";
import type { SageMakerTarget } from "@esteira/deploy/sagemaker/sagemaker-target";
import { type SaidSettings, settingsWire } from "@esteira/deploy/sagemaker/settings";
import { type CommandOption, listed, type Terminal, text, texts, type Values } from "./command.ts";
import { type TargetPlace, telling } from "./told-deployments.ts";
import { trackingClient } from "./tracking.ts";

/** Where AWS is, for every command that asks it. */
export const AWS_OPTIONS: readonly CommandOption[] = [
  { flags: "--region <region>", summary: "of AWS, as in eu-west-1 (default: AWS_REGION, or the profile's)" },
  { flags: "--profile <profile>", summary: "of AWS's configuration (default: AWS_PROFILE)" },
  { flags: "--endpoint-url <url>", summary: "of another server that speaks as AWS does (default: AWS_ENDPOINT_URL)" },
];

/** How SageMaker runs a deployment. What is not said stays as it was deployed. */
export const SAGEMAKER_OPTIONS: readonly CommandOption[] = [
  { flags: "--role <arn>", summary: "that SageMaker takes to get image and model" },
  { flags: "--mode <mode>", summary: "realtime (default), serverless or async" },
  { flags: "--instance-type <type>", summary: "as in ml.m5.large (default)" },
  { flags: "--instances <count>", summary: "the fewest, where load scales them (default: 1)" },
  { flags: "--max-instances <count>", summary: "load scales them between the two" },
  {
    flags: "--scale-target <count>",
    summary: "requests a minute and instance at which there are more (default: 1000)",
  },
  { flags: "--memory <megabytes>", summary: "of a serverless endpoint: 1024 to 6144 (default: 2048)" },
  {
    flags: "--concurrency <count>",
    summary: "requests at once, of a serverless endpoint or an async instance (default: 5)",
  },
  { flags: "--async-output <s3-uri>", summary: "where an async endpoint puts its answers" },
  { flags: "--async-failures <s3-uri>", summary: "and what it could not answer" },
  { flags: "--capture-to <s3-uri>", summary: "where requests and answers are recorded" },
  { flags: "--capture-percent <percent>", summary: "of the requests (default: 100)" },
  { flags: "--env <name=value>", summary: "a variable of the scorer; may be repeated", repeats: true },
  { flags: "--tag <key=value>", summary: "of everything that is made; may be repeated", repeats: true },
  { flags: "--strategy <strategy>", summary: "of changes: all-at-once (default), canary or linear" },
  { flags: "--step-percent <percent>", summary: "of the instances, in the first or in every step (default: 10)" },
  { flags: "--step-seconds <seconds>", summary: "between two steps (default: 300)" },
  { flags: "--keep-seconds <seconds>", summary: "that the former instances are kept (default: 60)" },
  { flags: "--alarms <names>", summary: "of CloudWatch that undo a change, with commas between" },
  { flags: "--startup-seconds <seconds>", summary: "until a container must answer (default: 300)" },
  { flags: "--allow-egress", summary: "let containers open connections too" },
  { flags: "--subnets <ids>", summary: "of your network, with commas between" },
  { flags: "--security-groups <ids>", summary: "of your network, with commas between" },
  { flags: "--kms-key <key>", summary: "that encrypts the disks of instances" },
  { flags: "--deadline <seconds>", summary: "that a change may take (default: 3600)" },
];

const NUMBERS = {
  ...{ instances: "instances", maxInstances: "maxInstances", scaleTarget: "scaleTarget", memory: "memory" },
  ...{ concurrency: "concurrency", capturePercent: "capturePercent", stepPercent: "stepPercent" },
  ...{ stepSeconds: "stepSeconds", keepSeconds: "keepSeconds", startupSeconds: "startupSeconds" },
  deadline: "deadlineSeconds",
} as const;
const TEXTS = [
  ...["role", "mode", "instanceType", "asyncOutput", "asyncFailures", "captureTo", "strategy", "kmsKey"],
] as const;
const LISTS = ["alarms", "subnets", "securityGroups"] as const;

/** The settings that a command line says. @throws EsteiraError INVALID_PARAMETER_VALUE with the flag or the setting that is wrong. */
export function sagemakerSettings(values: Values): SaidSettings {
  const said: Record<string, unknown> = {};
  for (const [option, setting] of Object.entries(NUMBERS)) {
    const value = text(values, option);
    if (value === undefined) continue;
    if (!/^\d{1,9}(\.\d{1,6})?$/.test(value)) throw invalid(`${flagOf(option)} is '${value}': expected a number.`);
    said[setting] = Number(value);
  }
  for (const name of TEXTS) said[name] = text(values, name);
  for (const name of LISTS) {
    const value = text(values, name);
    if (value !== undefined) said[name] = listed(value);
  }
  const env = pairs(values, "env");
  const tags = pairs(values, "tag");
  if (Object.keys(env).length > 0) said.env = env;
  if (Object.keys(tags).length > 0) said.tags = tags;
  if (values.allowEgress === true) said.egress = true;
  return checkedSettings(said);
}

/** An empty text takes a setting back, which the target knows; everything else is checked here, so that it is known. */
export function checkedSettings(said: Readonly<Record<string, unknown>>): SaidSettings {
  const given = Object.entries(said).filter(([, value]) => value !== undefined);
  const { data, error } = settingsWire
    .partial()
    .safeParse(Object.fromEntries(given.filter(([, value]) => value !== "")));
  if (data === undefined) {
    const issue = error.issues[0];
    const why = (issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message) ?? "is not understood";
    throw invalid(`The setting ${issue?.path.join(".") || "of the deployment"} ${why}.`);
  }
  const emptied = Object.fromEntries(given.filter(([, value]) => value === ""));
  return { ...data, ...emptied };
}

const flagOf = (option: string): string => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function pairs(values: Values, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts(values, name).map((item) => {
      const cut = item.indexOf("=");
      if (cut < 1) throw invalid(`--${name} is '${item}': expected NAME=VALUE.`);
      return [item.slice(0, cut), item.slice(cut + 1)];
    }),
  );
}

/** The deployments on SageMaker that a command line or the environment says; whoever asks lets go of them. */
export async function openSageMaker(
  values: Values,
  terminal: Terminal,
  settings: SaidSettings,
): Promise<{ readonly target: SageMakerTarget; readonly place: TargetPlace; close(): void }> {
  const { sagemakerTarget } = await import("@esteira/deploy/sagemaker/sagemaker-target");
  const aws = await awsOf(values, terminal);
  return {
    target: sagemakerTarget({ aws, note: terminal.note, settings }),
    place: { target: "sagemaker", place: await aws.region() },
    close: () => aws.close(),
  };
}

async function awsOf(values: Values, { env }: Terminal): Promise<Aws> {
  const { openAws } = await import("@esteira/deploy/sagemaker/aws");
  const said = { region: text(values, "region"), profile: text(values, "profile") };
  return openAws({ env, ...said, endpoint: text(values, "endpointUrl") });
}

/** Does work with AWS, and lets go of it. */
export async function withAws<T>(
  values: Values,
  terminal: Terminal,
  work: (aws: Aws, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const aws = await awsOf(values, terminal);
  const stopped = new AbortController();
  void terminal.interrupted().then(() => {
    stopped.abort(
      new EsteiraError("TEMPORARILY_UNAVAILABLE", "Interrupted: AWS goes on; the same command goes on waiting."),
    );
  });
  try {
    return await work(aws, stopped.signal);
  } finally {
    aws.close();
  }
}

/** Does work with the deployments on SageMaker. */
export const withSageMaker = <T>(
  values: Values,
  terminal: Terminal,
  work: (target: SageMakerTarget, signal: AbortSignal) => Promise<T>,
  options: { readonly settings?: SaidSettings; readonly parts?: Parts } = {},
): Promise<T> =>
  withAws(values, terminal, async (aws, signal) => {
    const { sagemakerTarget } = await import("@esteira/deploy/sagemaker/sagemaker-target");
    const told = telling(sagemakerTarget({ aws, note: terminal.note, ...options }), {
      at: async () => ({ target: "sagemaker", place: await aws.region() }),
      client: () => trackingClient(terminal),
      ...{ env: terminal.env, note: terminal.note },
    });
    return work(told, signal);
  });
