import { invalid } from "@esteira/core/errors";
import { type Command, listed, text, type Values } from "../command.ts";
import { AWS_OPTIONS, SAGEMAKER_OPTIONS, sagemakerSettings, withAws } from "../sagemaker-options.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "../version-image.ts";

const NAME = { flags: "-n, --name <name>", summary: "of the deployment", required: true } as const;
const OF_BATCHES = /^--(role|instance-type|instances|env|tag|allow-egress|subnets|security-groups) ?/;

/** What goes with deployments on Amazon SageMaker. */
export const sagemaker: readonly Command[] = [
  {
    name: "sagemaker policy",
    summary: "Print what AWS must allow, and no more: whoever deploys, or the role that SageMaker takes",
    options: [
      NAME,
      { flags: "--role <arn>", summary: "that SageMaker takes", required: true },
      { flags: "--for <whom>", summary: "deployer, role, or trust: who may take the role", default: "deployer" },
      { flags: "--region <region>", summary: "of AWS (default: AWS_REGION)" },
      { flags: "--repository <name>", summary: "of the image in ECR (default: all)" },
      { flags: "--buckets <names>", summary: "of S3 that the role reads and writes, with commas between" },
    ],
    async run(values, terminal) {
      const { deployerPolicy, rolePolicy, trustPolicy } = await import("@esteira/deploy/sagemaker/policy");
      const { checkName } = await import("@esteira/deploy/sagemaker/revision");
      const role = text(values, "role") ?? "";
      const [, partition, account] = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(role) ?? [];
      if (partition === undefined || account === undefined)
        throw invalid(`--role is '${role}': expected arn:aws:iam::ACCOUNT:role/NAME.`);
      const region = text(values, "region") ?? (terminal.env.AWS_REGION || terminal.env.AWS_DEFAULT_REGION || "");
      if (!/^[a-z]{2}(-[a-z0-9]+)+-\d$/.test(region)) throw invalid("Say the region: --region eu-west-1.");
      const repository = text(values, "repository");
      if (repository !== undefined && !/^[a-z0-9._/-]{2,256}$/.test(repository))
        throw invalid(`--repository is '${repository}': expected the name of a repository in ECR.`);
      const buckets = listed(text(values, "buckets"));
      const wrong = buckets.find((bucket) => !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket));
      if (wrong !== undefined) throw invalid(`--buckets has '${wrong}', which is no name of a bucket.`);
      const scope = {
        partition,
        region,
        account,
        role,
        repository,
        buckets,
        name: checkName(text(values, "name") ?? ""),
      };
      const whom = text(values, "for") ?? "";
      const policies: Readonly<Record<string, object>> = {
        ...{ deployer: deployerPolicy(scope), role: rolePolicy(scope), trust: trustPolicy },
      };
      if (!Object.hasOwn(policies, whom)) throw invalid(`--for is '${whom}': expected deployer, role or trust.`);
      terminal.out(JSON.stringify(policies[whom], undefined, 2));
      return 0;
    },
  },
  {
    name: "sagemaker transform",
    summary: "Score files in S3 by a version's image, on instances that live as long as the job; Ctrl-C stops it",
    arguments: [{ name: "uri", summary: "models:/NAME/VERSION, or models:/NAME@ALIAS (the version of now)" }],
    options: [
      NAME,
      { flags: "--input <s3-uri>", summary: "the files, each a request", required: true },
      { flags: "--output <s3-uri>", summary: "where the scores go", required: true },
      { flags: "--content-type <type>", summary: "of the files", default: "text/csv" },
      { flags: "--job <name>", summary: "of the job (default: the deployment's, and the time)" },
      { flags: "--image <reference>", summary: "in ECR (default: the one that esteira build has made of the version)" },
      { flags: "--model-data <s3-uri>", summary: "a model folder or archive in S3, in place of the one in the image" },
      ...TRUST_OPTIONS,
      ...AWS_OPTIONS,
      ...SAGEMAKER_OPTIONS.filter(({ flags }) => OF_BATCHES.test(flags)),
    ],
    async run(values, terminal) {
      const { transform } = await import("@esteira/deploy/sagemaker/transform");
      const name = text(values, "name") ?? "";
      const job = text(values, "job") ?? `${name}-${new Date().toISOString().replace(/\D/g, "").slice(0, 17)}`;
      const image = await versionImage(text(values, "uri") ?? "", text(values, "image"), imageTrust(values), terminal);
      const data = text(values, "modelData");
      await withAws(values, terminal, (aws, signal) =>
        transform(aws, {
          ...{ wanted: { name, ...image }, settings: sagemakerSettings(values), job, signal, note: terminal.note },
          parts: data === undefined ? {} : { primary: data },
          ...{ input: said(values, "input"), output: said(values, "output"), contentType: said(values, "contentType") },
        }),
      );
      terminal.out(job);
      return 0;
    },
  },
];

const said = (values: Values, name: string): string => text(values, name) ?? "";
