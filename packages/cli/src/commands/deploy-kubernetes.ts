import { invalid } from "@esteira/core/errors";
import { CANARY_OPTIONS, canaryLimits } from "../canary/canary-options.ts";
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
import { shownDeployment } from "../deployments.ts";
import { CLUSTER_OPTIONS, SETTING_OPTIONS, settingsOf, withCluster } from "../kubernetes-options.ts";

/** As a gate ends that was not passed. */
const TAKEN_BACK = 3;

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
    const { canary } = wanted;
    const limits = await canaryLimits(values, canary?.share ?? 1);
    if (limits !== undefined && canary === undefined)
      throw invalid("--steps and --dwell are a canary's: say --canary.");
    if (limits !== undefined && wanted.shadow !== undefined)
      throw invalid("A canary that is watched is the shadow too, so that both answer the same: leave --shadow out.");
    const options = { settings: settingsOf(values), force: values.forceConflicts === true };
    return withCluster(
      values,
      terminal,
      async (target, signal) => {
        if (asked !== undefined) {
          const { revision, manifests } = await target.drawn(wanted);
          return writeExport(asked.folder, exported(asked.format, revision, manifests), terminal);
        }
        if (limits === undefined || canary === undefined || values.dryRun === true)
          return planOrApply(target, wanted, values, terminal, signal);
        const { model: shadow, image } = canary;
        const compared = { ...wanted, shadow, ...(image === undefined ? {} : { shadowImage: image }) };
        const { runCanary } = await import("../canary/run-canary.ts");
        const { isPromoted, status } = await runCanary(target, compared, limits, { signal, note: terminal.note });
        terminal.out(shownDeployment(status));
        return isPromoted ? 0 : TAKEN_BACK;
      },
      options,
    );
  },
};
