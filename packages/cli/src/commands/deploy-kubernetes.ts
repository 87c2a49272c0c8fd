import { CANARY_OPTIONS } from "../canary/canary-options.ts";
import { watchCanary, watchedCanary } from "../canary/watched.ts";
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
    ...CANARY_OPTIONS,
    ...CLUSTER_OPTIONS,
    ...SETTING_OPTIONS,
    { flags: "--force-conflicts", summary: "take fields that somebody else has set on the cluster" },
    ...outcomeOptions("the objects (yaml, kustomize or helm)"),
  ],
  async run(values, terminal) {
    const { EXPORT_FORMATS, exported } = await import("@esteira/deploy/kubernetes/exports");
    const asked = exportOf(values, EXPORT_FORMATS);
    const wanted = await wantedOf(values, terminal);
    const watched = await watchedCanary(values, wanted);
    const options = { settings: settingsOf(values), force: values.forceConflicts === true };
    return withCluster(
      values,
      terminal,
      async (target, signal) => {
        if (asked !== undefined) {
          const { revision, manifests } = await target.drawn(wanted);
          return writeExport(asked.folder, exported(asked.format, revision, manifests), terminal);
        }
        return watched === undefined
          ? planOrApply(target, wanted, values, terminal, signal)
          : watchCanary(target, watched, terminal, signal);
      },
      options,
    );
  },
};
