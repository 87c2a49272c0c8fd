/** Deployments under the names that MLflow has for them: `deployments create -t sagemaker:/eu-west-1 …`. */

import { readFile, writeFile } from "node:fs/promises";
import { alreadyExists, invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import { type Command, type CommandOption, type Terminal, text, texts, type Values } from "../command.ts";
import { checkedSettings, withAws, withSageMaker } from "../sagemaker-options.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "../version-image.ts";

const TARGET = { flags: "-t, --target <uri>", summary: "sagemaker, or sagemaker:/REGION", required: true } as const;
const NAME = { flags: "--name <name>", summary: "of the deployment", required: true } as const;
const MODEL = { flags: "-m, --model-uri <uri>", summary: "models:/NAME/VERSION or models:/NAME@ALIAS", required: true };
const CONFIG: CommandOption = {
  flags: "-C, --config <name=value>",
  summary: "execution_role_arn, instance_type, instance_count, … as MLflow has them; may be repeated",
  repeats: true,
};

export const deployments: readonly Command[] = [
  {
    name: "deployments create",
    summary: "As `deploy sagemaker`, under MLflow's names: make a deployment that is not there",
    options: [TARGET, NAME, MODEL, CONFIG, ...TRUST_OPTIONS],
    run: (values, terminal) => change(values, terminal, false),
  },
  {
    name: "deployments update",
    summary: "As `deploy sagemaker`, under MLflow's names: change a deployment that is there",
    options: [TARGET, NAME, MODEL, CONFIG, ...TRUST_OPTIONS],
    run: (values, terminal) => change(values, terminal, true),
  },
  {
    name: "deployments list",
    summary: "List the deployments on SageMaker",
    options: [TARGET],
    run: (values, terminal) =>
      withSageMaker(placed(values), terminal, async (target) => {
        for (const { wanted } of await target.list()) terminal.out(wanted.name);
        return 0;
      }),
  },
  {
    name: "deployments get",
    summary: "Say how a deployment on SageMaker is, a line each field",
    options: [TARGET, NAME],
    run: (values, terminal) =>
      withSageMaker(placed(values), terminal, async (target) => {
        const name = text(values, "name") ?? "";
        const status = await target.status(name);
        if (status === undefined) throw notFound(`Nothing is deployed on SageMaker under the name ${name}.`);
        const { wanted, state, generation, url = "", problem } = status;
        const fields = { name, model: wanted.model, image: wanted.image ?? "", state, generation, url };
        for (const [field, value] of Object.entries({ ...fields, ...(problem === undefined ? {} : { problem }) }))
          terminal.out(`${field}: ${value}`);
        return 0;
      }),
  },
  {
    name: "deployments delete",
    summary: "End a deployment on SageMaker; it is no fault when there is none",
    options: [TARGET, NAME],
    run: (values, terminal) =>
      withSageMaker(placed(values), terminal, async (target, signal) => {
        const name = text(values, "name") ?? "";
        await target.remove(name, { signal });
        terminal.out(`Deployment ${name} is deleted`);
        return 0;
      }),
  },
  {
    name: "deployments predict",
    summary: "Ask a deployment on SageMaker for predictions",
    options: [
      TARGET,
      NAME,
      { flags: "-I, --input-path <file>", summary: "a request as the scoring protocol has it", required: true },
      { flags: "-O, --output-path <file>", summary: "where the answer goes (default: standard output)" },
    ],
    run: (values, terminal) =>
      withAws(placed(values), terminal, async (aws, signal) => {
        const { asked } = await import("@esteira/deploy/sagemaker/errors");
        const file = text(values, "inputPath") ?? "";
        const body = await readFile(file).catch((error: unknown) => {
          throw invalid(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
        });
        const name = text(values, "name") ?? "";
        const client = await aws.runtime();
        const contentType = file.endsWith(".csv") ? "text/csv" : "application/json";
        const request = { EndpointName: name, Body: body, ContentType: contentType };
        const answer = await asked(`let ${name} answer`, () => client.invokeEndpoint(request, { abortSignal: signal }));
        const said = await answer.Body.transformToString();
        const output = text(values, "outputPath");
        if (output === undefined) terminal.out(said);
        else await writeFile(output, said);
        return 0;
      }),
  },
];

/** The values with the region that the target names: `sagemaker`, `sagemaker:/eu-west-1`. */
function placed(values: Values): Values {
  const target = text(values, "target") ?? "";
  if (/^sagemaker:.*arn:/.test(target)) {
    throw invalid(
      "A role is not taken from the target: name a profile that has it (AWS_PROFILE, with role_arn and source_profile).",
    );
  }
  const [all, region] = /^sagemaker(?::\/*([a-z0-9-]*)\/?)?$/.exec(target) ?? [];
  if (all === undefined) throw invalid(`--target is '${target}': expected sagemaker or sagemaker:/REGION.`);
  return region ? { ...values, region } : values;
}

async function change(values: Values, terminal: Terminal, isThere: boolean): Promise<number> {
  const { settings, image, region } = configured(texts(values, "config"));
  const name = text(values, "name") ?? "";
  const wanted = { name, ...(await versionImage(text(values, "modelUri") ?? "", image, imageTrust(values), terminal)) };
  const at = placed(values);
  return withSageMaker(
    { ...at, ...(region === undefined ? {} : { region }) },
    terminal,
    async (target, signal) => {
      const found = await target.status(name);
      if (isThere && found === undefined) throw notFound(`There is no deployment ${name} to update: create it.`);
      if (!isThere && found !== undefined && found.wanted.model !== wanted.model)
        throw alreadyExists(`The deployment ${name} is there already: update it.`);
      await target.apply(wanted, { signal });
      terminal.out(`Deployment ${name} is ${isThere ? "updated" : "created"}`);
      return 0;
    },
    { settings },
  );
}

const captureWire = z.object({
  EnableCapture: z.boolean().default(true),
  InitialSamplingPercentage: z.number().default(100),
  DestinationS3Uri: z.string(),
});
const asyncWire = z.object({
  ClientConfig: z.object({ MaxConcurrentInvocationsPerInstance: z.number().optional() }).optional(),
  OutputConfig: z.object({ S3OutputPath: z.string(), S3FailurePath: z.string().optional() }),
});
const serverlessWire = z.object({ MemorySizeInMB: z.number(), MaxConcurrency: z.number() });
const networkWire = z.object({ Subnets: z.array(z.string()), SecurityGroupIds: z.array(z.string()) });
const textsWire = z.record(z.string(), z.string());

/** What MLflow's `-C NAME=VALUE` say. @throws EsteiraError for one that is not known, or that Esteira does otherwise */
export function configured(config: readonly string[]) {
  const said: Record<string, unknown> = {};
  let image: string | undefined;
  let region: string | undefined;
  for (const item of config) {
    const cut = item.indexOf("=");
    if (cut < 1) throw invalid(`--config is '${item}': expected NAME=VALUE.`);
    const [key, value] = [item.slice(0, cut), item.slice(cut + 1)];
    const json = <T>(wire: z.ZodType<T>): T => {
      const { data, error } = wire.safeParse(parsed(value));
      if (data !== undefined) return data;
      throw invalid(
        `--config ${key} is not as AWS has it: ${error?.issues[0]?.path.join(".")}: ${error?.issues[0]?.message}.`,
      );
    };
    const whole = (): number => {
      if (/^\d{1,9}$/.test(value)) return Number(value);
      throw invalid(`--config ${key} is '${value}': expected a whole number.`);
    };
    if (key === "execution_role_arn") said.role = value;
    else if (key === "image_url") image = value;
    else if (key === "region_name") region = value;
    else if (key === "instance_type") said.instanceType = value;
    else if (key === "instance_count") said.instances = whole();
    else if (key === "timeout_seconds") said.deadlineSeconds = whole();
    else if (key === "env") said.env = json(textsWire);
    else if (key === "tags") said.tags = json(textsWire);
    else if (key === "vpc_config") {
      const { Subnets, SecurityGroupIds } = json(networkWire);
      Object.assign(said, { subnets: Subnets, securityGroups: SecurityGroupIds });
    } else if (key === "data_capture_config") {
      const { EnableCapture, InitialSamplingPercentage, DestinationS3Uri } = json(captureWire);
      Object.assign(said, {
        captureTo: EnableCapture ? DestinationS3Uri : "",
        capturePercent: InitialSamplingPercentage,
      });
    } else if (key === "async_inference_config") {
      const { ClientConfig, OutputConfig } = json(asyncWire);
      const { S3OutputPath, S3FailurePath } = OutputConfig;
      Object.assign(said, { mode: "async", asyncOutput: S3OutputPath, asyncFailures: S3FailurePath });
      if (ClientConfig !== undefined) said.concurrency = ClientConfig.MaxConcurrentInvocationsPerInstance;
    } else if (key === "serverless_config") {
      const { MemorySizeInMB, MaxConcurrency } = json(serverlessWire);
      Object.assign(said, { mode: "serverless", memory: MemorySizeInMB, concurrency: MaxConcurrency });
    } else if ((key === "synchronous" && value === "True") || (key === "archive" && value === "False")) continue;
    else throw invalid(refusalOf(key, value));
  }
  return { settings: checkedSettings(said), image, region };
}

function refusalOf(key: string, value: string): string {
  const reasons: Readonly<Record<string, string>> = {
    assume_role_arn: "name a profile that has the role (AWS_PROFILE, with role_arn and source_profile)",
    archive: "what is no longer served is deleted, but for what can be gone back to",
    bucket: "the model is in the image; `deploy sagemaker --model-data` takes one from S3",
    mode: "a version replaces the one before; `deploy sagemaker --canary` adds one",
    synchronous: `it is waited for; a deployment that is '${value}' is interrupted with Ctrl-C, and goes on`,
    variant_name: "the variant is called primary",
  };
  const reason = reasons[key];
  return reason === undefined ? `--config ${key} is not known.` : `--config ${key} is not taken: ${reason}.`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
