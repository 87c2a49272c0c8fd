import { invalid } from "@esteira/core/errors";
import type { DeploymentStatus } from "@esteira/deploy/target";
import pc from "picocolors";
import { type Command, text, type Values } from "../command.ts";
import { localDeployments } from "../deployments.ts";

const NAME = [{ name: "name", summary: "the deployment" }] as const;

/** Deployments on this machine, whoever made them: flows, `esteira apply`. They are found by ESTEIRA_DEPLOYMENTS. */
export const deployments: readonly Command[] = [
  {
    name: "deployments list",
    summary: "List what is served on this machine, and where",
    options: [{ flags: "--json", summary: "as JSON" }],
    async run(values, terminal) {
      const found = await (await localDeployments(terminal.env)).list();
      if (values.json === true) terminal.out(JSON.stringify(found, undefined, 2));
      else for (const one of found) terminal.out(lineOf(one));
      return 0;
    },
  },
  {
    name: "deployments logs",
    summary: "Print the last lines that a deployment's process wrote",
    arguments: NAME,
    options: [{ flags: "-n, --lines <count>", summary: "how many", default: "50" }],
    async run(values, terminal) {
      const target = await localDeployments(terminal.env);
      for (const line of await target.logs(nameOf(values), linesOf(values))) terminal.out(line);
      return 0;
    },
  },
  {
    name: "deployments remove",
    summary: "End a deployment and forget it",
    arguments: NAME,
    options: [],
    async run(values, terminal) {
      const name = nameOf(values);
      const wasThere = await (await localDeployments(terminal.env)).remove(name);
      terminal.out(wasThere ? `${pc.bold(name)} serves nobody any more.` : `Nothing is deployed here as ${name}.`);
      return 0;
    },
  },
];

const nameOf = (values: Values): string => text(values, "name") ?? "";

function linesOf(values: Values): number {
  const given = text(values, "lines") ?? "";
  if (/^\d{1,6}$/.test(given)) return Number(given);
  throw invalid(`--lines is '${given}': expected a whole number.`);
}

function lineOf({ wanted, state, url, restarts, problem }: DeploymentStatus): string {
  const { canary, shadow } = wanted;
  return [
    pc.bold(wanted.name),
    state,
    url ?? "",
    wanted.model,
    ...(canary === undefined ? [] : [`canary ${canary.model} (${canary.share * 100} %)`]),
    ...(shadow === undefined ? [] : [`shadow ${shadow}`]),
    ...(restarts === 0 ? [] : [pc.yellow(`started again ${restarts} times`)]),
    ...(problem === undefined ? [] : [pc.red(problem.split("\n").at(-1) ?? "")]),
  ].join("  ");
}
