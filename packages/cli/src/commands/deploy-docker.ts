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
import { ENGINE_OPTIONS, engineSettings, withEngine } from "../docker-options.ts";

export const deployDocker: Command = {
  name: "deploy docker",
  summary: "Run a version's image in a container of Docker or Podman, in place of the one that the deployment runs",
  arguments: [VERSION_URI],
  options: [
    ...wantedOptions("where it listens (default: any free port, which it keeps)"),
    ...CANARY_OPTIONS,
    ...ENGINE_OPTIONS,
    ...outcomeOptions("a compose file (compose)"),
  ],
  async run(values, terminal) {
    const exported = exportOf(values, ["compose"]);
    const wanted = await wantedOf(values, terminal);
    const watched = await watchedCanary(values, wanted);
    const settings = engineSettings(values);
    if (exported !== undefined) {
      const { composeFile } = await import("@esteira/deploy/docker/compose");
      return writeExport(exported.folder, [{ path: "compose.yaml", text: composeFile(wanted, settings) }], terminal);
    }
    return withEngine(terminal, settings, (target, signal) =>
      watched === undefined
        ? planOrApply(target, wanted, values, terminal, signal)
        : watchCanary(target, watched, terminal, signal),
    );
  },
};
