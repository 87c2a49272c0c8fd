import type { Command } from "../command.ts";
import {
  exportOf,
  outcomeOptions,
  planOrApply,
  VERSION_URI,
  wantedOf,
  wantedOptions,
  writeExport,
} from "../deploy-options.ts";
import { CLUSTER_OPTIONS, SETTING_OPTIONS, settingsOf, withCluster } from "../kubernetes-options.ts";

export const deployKubernetes: Command = {
  name: "deploy kubernetes",
  summary: "Run a version's image on a cluster, in place of the one that the deployment runs",
  arguments: [VERSION_URI],
  options: [
    ...wantedOptions("of the Service (default: 80)"),
    ...CLUSTER_OPTIONS,
    ...SETTING_OPTIONS,
    { flags: "--force-conflicts", summary: "take fields that somebody else has set on the cluster" },
    ...outcomeOptions("the objects (yaml, kustomize or helm)"),
  ],
  async run(values, terminal) {
    const { EXPORT_FORMATS, exported } = await import("@esteira/deploy/kubernetes/exports");
    const asked = exportOf(values, EXPORT_FORMATS);
    const wanted = await wantedOf(values, terminal);
    const options = { settings: settingsOf(values), force: values.forceConflicts === true };
    return withCluster(
      values,
      terminal,
      async (target, signal) => {
        if (asked === undefined) return planOrApply(target, wanted, values, terminal, signal);
        const { revision, manifests } = await target.drawn(wanted);
        return writeExport(asked.folder, exported(asked.format, revision, manifests), terminal);
      },
      options,
    );
  },
};
