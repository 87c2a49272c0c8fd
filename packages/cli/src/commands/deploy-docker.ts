import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import { type Command, text } from "../command.ts";
import { shownDeployment } from "../deployments.ts";
import { ENGINE_OPTIONS, engineSettings, withEngine } from "../docker-options.ts";
import { deployedPort } from "../port.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "../version-image.ts";

export const deployDocker: Command = {
  name: "deploy docker",
  summary: "Run a version's image in a container of Docker or Podman, in place of the one that the deployment runs",
  arguments: [{ name: "uri", summary: "models:/NAME/VERSION, or models:/NAME@ALIAS (the version of now)" }],
  options: [
    { flags: "-n, --name <name>", summary: "of the deployment", required: true },
    {
      flags: "--image <reference>",
      summary: "with the model in it (default: the one that esteira build has made of the version)",
    },
    { flags: "-p, --port <port>", summary: "where it listens (default: any free port, which it keeps)" },
    ...TRUST_OPTIONS,
    ...ENGINE_OPTIONS,
    { flags: "--dry-run", summary: "say what would change, and change nothing" },
    { flags: "--export <format>", summary: "write a compose file, and change nothing: compose" },
    { flags: "-o, --output <folder>", summary: "where --export writes" },
  ],
  async run(values, terminal) {
    const [format, output] = [text(values, "export"), text(values, "output")];
    if ((format === undefined) !== (output === undefined))
      throw invalid("--export and --output go together: say both.");
    if (format !== undefined && format !== "compose") throw invalid(`--export is '${format}': expected compose.`);
    const wanted = {
      name: text(values, "name") ?? "",
      ...deployedPort(text(values, "port")),
      ...(await versionImage(text(values, "uri") ?? "", text(values, "image"), imageTrust(values), terminal)),
    };
    const settings = engineSettings(values);
    if (output !== undefined) {
      const { composeFile } = await import("@esteira/deploy/docker/compose");
      const written = composeFile(wanted, settings);
      const file = join(resolve(output), "compose.yaml");
      await mkdir(resolve(output), { recursive: true });
      await writeFile(file, written);
      terminal.out(file);
      return 0;
    }
    return withEngine(terminal, settings, async (target, signal) => {
      if (values.dryRun === true) {
        const changes = await target.plan(wanted);
        terminal.out(changes.length === 0 ? "Nothing to do." : changes.join("\n"));
        return 0;
      }
      terminal.out(shownDeployment(await target.apply(wanted, { signal })));
      return 0;
    });
  },
};
