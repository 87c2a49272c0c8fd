import { resolve } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { parseModelUri } from "@esteira/sdk/node/model-uri";
import pc from "picocolors";
import { type Command, type Terminal, text, type Values } from "../command.ts";
import { planOrApply } from "../deploy-options.ts";
import { freeVersions, holdVersion } from "../deployed-models.ts";
import { shownDeployment, TARGET_OPTIONS, toldLocalDeployments, withDeployments } from "../deployments.ts";
import { OWN_COMMAND } from "../own-command.ts";
import { deployedPort } from "../port.ts";
import { trackingClient } from "../tracking.ts";
import { deployDocker } from "./deploy-docker.ts";
import { deployKubernetes } from "./deploy-kubernetes.ts";
import { deploySagemaker } from "./deploy-sagemaker.ts";

const NAME = { flags: "-n, --name <name>", summary: "of the deployment", required: true } as const;

/** Deployments on this machine, which live on when the command has ended, and elsewhere. */
export const deploy: readonly Command[] = [
  {
    name: "deploy local",
    summary: "Serve a version on this machine, in place of the one that the deployment serves",
    arguments: [{ name: "uri", summary: "models:/NAME/VERSION, models:/NAME@ALIAS (the version of now), or a folder" }],
    options: [
      NAME,
      { flags: "-p, --port <port>", summary: "where it listens (default: any free port, which it keeps)" },
      { flags: "--dry-run", summary: "say what would change, and change nothing" },
      { flags: "--systemd", summary: "print a unit for systemd that serves it, and change nothing; needs --port" },
    ],
    async run(values, terminal) {
      if (values.systemd === true) {
        terminal.out((await unitOf(values, terminal)).trimEnd());
        return 0;
      }
      const wanted = {
        name: text(values, "name") ?? "",
        ...deployedPort(text(values, "port")),
        model: await heldModel(text(values, "uri") ?? "", terminal),
      };
      const target = await toldLocalDeployments(terminal);
      const code = await planOrApply(target, wanted, values, terminal);
      if (values.dryRun !== true) await freeVersions(target, terminal.env, Date.now());
      return code;
    },
  },
  deployDocker,
  deployKubernetes,
  deploySagemaker,
  {
    name: "deploy list",
    summary: "List the deployments on this machine, or of another target",
    options: TARGET_OPTIONS,
    run: (values, terminal) =>
      withDeployments(values, terminal, async (target) => {
        for (const status of await target.list()) terminal.out(shownDeployment(status));
        return 0;
      }),
  },
  {
    name: "deploy status",
    summary: "Say how a deployment is; ends with code 1 unless it serves",
    options: [NAME, ...TARGET_OPTIONS],
    run: (values, terminal) =>
      withDeployments(values, terminal, async (target) => {
        const name = text(values, "name") ?? "";
        const status = await target.status(name);
        if (status === undefined) throw notFound(`Nothing is deployed there under the name ${name}.`);
        terminal.out(shownDeployment(status));
        return status.state === "serving" ? 0 : 1;
      }),
  },
  {
    name: "deploy logs",
    summary: "Print the last lines that a deployment's process wrote",
    options: [NAME, { flags: "-l, --lines <count>", summary: "how many", default: "50" }, ...TARGET_OPTIONS],
    run: (values, terminal) =>
      withDeployments(values, terminal, async (target) => {
        const lines = text(values, "lines") ?? "";
        if (!/^\d{1,6}$/.test(lines)) throw invalid(`--lines is '${lines}': expected a whole number.`);
        for (const line of await target.logs(text(values, "name") ?? "", Number(lines))) terminal.out(line);
        return 0;
      }),
  },
  {
    name: "deploy rollback",
    summary: "Serve what a deployment served before the last change",
    options: [NAME, ...TARGET_OPTIONS],
    run: (values, terminal) =>
      withDeployments(values, terminal, async (target, applying) => {
        terminal.out(shownDeployment(await target.rollback(text(values, "name") ?? "", applying)));
        return 0;
      }),
  },
  {
    name: "deploy remove",
    summary: "End a deployment",
    options: [NAME, ...TARGET_OPTIONS],
    run: (values, terminal) =>
      withDeployments(values, terminal, async (target, applying) => {
        const name = text(values, "name") ?? "";
        const was = await target.remove(name, applying);
        terminal.out(was ? `${pc.bold(name)} has ended.` : `There is no deployment ${name} here.`);
        return 0;
      }),
  },
];

/** What systemd keeps in our place: the same server, by itself. */
async function unitOf(values: Values, terminal: Terminal): Promise<string> {
  const { port } = deployedPort(text(values, "port"));
  if (port === undefined) throw invalid("--systemd needs --port: a unit listens where it always has.");
  const { systemdUnit } = await import("@esteira/deploy/local/systemd-unit");
  const uri = text(values, "uri") ?? "";
  const serve = ["models", "serve", "-m", await heldModel(uri, terminal), "-p", String(port)];
  return systemdUnit({
    ...{ name: text(values, "name") ?? "", model: uri, env: {} },
    command: [process.execPath, OWN_COMMAND, ...serve],
  });
}

/** The folder of the version that a URI leads to now: an alias is followed once. */
async function heldModel(uri: string, terminal: Terminal): Promise<string> {
  const parsed = parseModelUri(uri);
  if (parsed.kind === "folder") return resolve(parsed.folder);
  const client = trackingClient(terminal);
  if (parsed.kind === "version") return holdVersion(client, terminal.env, parsed.name, parsed.version);
  if (parsed.kind !== "alias") {
    throw invalid(`'${uri}' is not what is deployed: give models:/NAME/VERSION, models:/NAME@ALIAS or a folder.`);
  }
  const { version } = await client.registeredModels.getByAlias(parsed.name, parsed.alias);
  return holdVersion(client, terminal.env, parsed.name, version);
}
