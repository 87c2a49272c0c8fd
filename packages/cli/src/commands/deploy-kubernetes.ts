import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import { type Command, text } from "../command.ts";
import { shownDeployment } from "../deployments.ts";
import { CLUSTER_OPTIONS, SETTING_OPTIONS, settingsOf, withCluster } from "../kubernetes-options.ts";
import { deployedPort } from "../port.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "../version-image.ts";

export const deployKubernetes: Command = {
  name: "deploy kubernetes",
  summary: "Run a version's image on a cluster, in place of the one that the deployment runs",
  arguments: [{ name: "uri", summary: "models:/NAME/VERSION, or models:/NAME@ALIAS (the version of now)" }],
  options: [
    { flags: "-n, --name <name>", summary: "of the deployment", required: true },
    {
      flags: "--image <reference>",
      summary: "with the model in it (default: the one that esteira build has made of the version)",
    },
    { flags: "--canary <uri>", summary: "a version that answers a share of the requests" },
    { flags: "--canary-image <reference>", summary: "with the canary in it (default: as for --image)" },
    { flags: "--share <percent>", summary: "of the requests that the canary answers", default: "5" },
    { flags: "-p, --port <port>", summary: "of the Service (default: 80)" },
    ...TRUST_OPTIONS,
    ...CLUSTER_OPTIONS,
    ...SETTING_OPTIONS,
    { flags: "--force-conflicts", summary: "take fields that somebody else has set on the cluster" },
    { flags: "--dry-run", summary: "say what would change, by the cluster's own word, and change nothing" },
    { flags: "--export <format>", summary: "write the objects as yaml, kustomize or helm, and change nothing" },
    { flags: "-o, --output <folder>", summary: "where --export writes" },
  ],
  async run(values, terminal) {
    const [format, output] = [text(values, "export"), text(values, "output")];
    if ((format === undefined) !== (output === undefined))
      throw invalid("--export and --output go together: say both.");
    const canary = text(values, "canary");
    const trust = imageTrust(values);
    const wanted = {
      name: text(values, "name") ?? "",
      ...deployedPort(text(values, "port")),
      ...(await versionImage(text(values, "uri") ?? "", text(values, "image"), trust, terminal)),
      ...(canary === undefined
        ? {}
        : {
            canary: {
              ...(await versionImage(canary, text(values, "canaryImage"), trust, terminal)),
              share: shareOf(text(values, "share") ?? ""),
            },
          }),
    };
    const options = { settings: settingsOf(values), force: values.forceConflicts === true };
    return withCluster(
      values,
      terminal,
      async (target, signal) => {
        if (format !== undefined && output !== undefined) {
          const { EXPORT_FORMATS, exported } = await import("@esteira/deploy/kubernetes/exports");
          const known = EXPORT_FORMATS.find((one) => one === format);
          if (known === undefined) throw invalid(`--export is '${format}': expected ${EXPORT_FORMATS.join(", ")}.`);
          const { revision, manifests } = await target.drawn(wanted);
          for (const { path, text } of exported(known, revision, manifests)) {
            const file = join(resolve(output), path);
            await mkdir(dirname(file), { recursive: true });
            await writeFile(file, text);
            terminal.out(file);
          }
          return 0;
        }
        if (values.dryRun === true) {
          const changes = await target.plan(wanted);
          terminal.out(changes.length === 0 ? "Nothing to do." : changes.join("\n"));
          return 0;
        }
        terminal.out(shownDeployment(await target.apply(wanted, { signal })));
        return 0;
      },
      options,
    );
  },
};

function shareOf(percent: string): number {
  if (/^\d{1,3}(\.\d{1,6})?$/.test(percent)) return Number(percent) / 100;
  throw invalid(`--share is '${percent}': expected a percentage, as in 5.`);
}
