import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { Wanted } from "@esteira/deploy/wanted";
import { type Command, type Terminal, text, type Values } from "../command.ts";
import { shownDeployment } from "../deployments.ts";
import { AWS_OPTIONS, SAGEMAKER_OPTIONS, sagemakerSettings, withSageMaker } from "../sagemaker-options.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "../version-image.ts";

export const deploySagemaker: Command = {
  name: "deploy sagemaker",
  summary: "Run a version's image at an endpoint of Amazon SageMaker, in place of the one that the deployment runs",
  arguments: [{ name: "uri", summary: "models:/NAME/VERSION, or models:/NAME@ALIAS (the version of now)" }],
  options: [
    { flags: "-n, --name <name>", summary: "of the deployment, and of the endpoint", required: true },
    {
      flags: "--image <reference>",
      summary: "in ECR (default: the one that esteira build has made of the version)",
    },
    { flags: "--model-data <s3-uri>", summary: "a model folder or archive in S3, in place of the one in the image" },
    { flags: "--canary <uri>", summary: "a version that answers a share of the requests" },
    { flags: "--canary-image <reference>", summary: "with the canary in it (default: as for --image)" },
    { flags: "--canary-model-data <s3-uri>", summary: "as for --model-data" },
    { flags: "--share <percent>", summary: "of the requests that the canary answers", default: "5" },
    { flags: "--shadow <uri>", summary: "a version that is asked too, and whose answers are dropped" },
    { flags: "--shadow-image <reference>", summary: "with the shadow in it (default: as for --image)" },
    { flags: "--shadow-model-data <s3-uri>", summary: "as for --model-data" },
    ...TRUST_OPTIONS,
    ...AWS_OPTIONS,
    ...SAGEMAKER_OPTIONS,
    { flags: "--dry-run", summary: "say what would change, and change nothing" },
    { flags: "--export <format>", summary: "write it as a file for others, and change nothing: terraform" },
    { flags: "-o, --output <folder>", summary: "where --export writes" },
  ],
  async run(values, terminal) {
    const [format, output] = [text(values, "export"), text(values, "output")];
    if ((format === undefined) !== (output === undefined))
      throw invalid("--export and --output go together: say both.");
    if (format !== undefined && format !== "terraform") throw invalid(`--export is '${format}': expected terraform.`);
    const wanted = await wantedOf(values, terminal);
    const options = { settings: sagemakerSettings(values), parts: partsOf(values) };
    return withSageMaker(
      values,
      terminal,
      async (target, signal) => {
        if (output !== undefined) {
          const { terraform } = await import("@esteira/deploy/sagemaker/terraform");
          const { revision, requests } = await target.drawn(wanted);
          const file = join(resolve(output), "main.tf.json");
          await mkdir(resolve(output), { recursive: true });
          await writeFile(file, terraform(revision, requests));
          terminal.out(file);
        } else if (values.dryRun === true) {
          const changes = await target.plan(wanted);
          terminal.out(changes.length === 0 ? "Nothing to do." : changes.join("\n"));
        } else {
          terminal.out(shownDeployment(await target.apply(wanted, { signal })));
        }
        return 0;
      },
      options,
    );
  },
};

async function wantedOf(values: Values, terminal: Terminal): Promise<Wanted> {
  const trust = imageTrust(values);
  const [canary, shadow] = [text(values, "canary"), text(values, "shadow")];
  const beside =
    shadow === undefined ? undefined : await versionImage(shadow, text(values, "shadowImage"), trust, terminal);
  return {
    name: text(values, "name") ?? "",
    ...(await versionImage(text(values, "uri") ?? "", text(values, "image"), trust, terminal)),
    ...(canary === undefined
      ? {}
      : {
          canary: {
            ...(await versionImage(canary, text(values, "canaryImage"), trust, terminal)),
            share: shareOf(text(values, "share") ?? ""),
          },
        }),
    ...(beside === undefined ? {} : { shadow: beside.model }),
    ...(beside?.image === undefined ? {} : { shadowImage: beside.image }),
  };
}

function partsOf(values: Values) {
  const [primary, canary] = [text(values, "modelData"), text(values, "canaryModelData")];
  const shadow = text(values, "shadowModelData");
  return {
    ...(primary === undefined ? {} : { primary }),
    ...(canary === undefined ? {} : { canary }),
    ...(shadow === undefined ? {} : { shadow }),
  };
}

function shareOf(percent: string): number {
  if (/^\d{1,3}(\.\d{1,6})?$/.test(percent)) return Number(percent) / 100;
  throw invalid(`--share is '${percent}': expected a percentage, as in 5.`);
}
