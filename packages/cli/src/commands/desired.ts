import { readFile } from "node:fs/promises";
import { EsteiraError, notFound } from "@esteira/core/errors";
import type { Target } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import type { Placement, Plan } from "@esteira/lifecycle/desired/plan";
import type { TargetPlan } from "@esteira/lifecycle/desired/render-plan";
import type { Client } from "@esteira/sdk/client";
import pc from "picocolors";
import { type Command, type CommandOption, type Terminal, text, type Values } from "../command.ts";
import { freeVersions, heldFolder, holdVersion } from "../deployed-models.ts";
import { toldLocalDeployments } from "../deployments.ts";
import { trackingClient } from "../tracking.ts";

const FILE: CommandOption = {
  flags: "-f, --file <file>",
  summary: "which version each alias stands for, by digest, and where it is served",
  default: "models.yaml",
};
const JSON_OUT: CommandOption = { flags: "--json", summary: "print it as JSON" };
const STYLES = { add: pc.green, remove: pc.red, change: pc.yellow, dim: pc.dim, strong: pc.bold };
/** The file cannot be had: by a policy, or because content and digest differ. As a gate's refusal. */
const REFUSED = 3;
const SOMETHING_TO_DO = 4;

/** The desired state of models: what differs from it, and making it so. */
export const desired: readonly Command[] = [
  {
    name: "plan",
    summary: "Show what differs from models.yaml: aliases, digests and what is served (exit 3: it cannot be had)",
    options: [FILE, JSON_OUT, { flags: "--exit-code", summary: "exit with 4 when there is something to do" }],
    async run(values, terminal) {
      const { plan, targets } = await look(values, terminal);
      await say(values, terminal, plan, targets);
      if (plan.refusals.length > 0) return REFUSED;
      return values.exitCode === true && isMuch(plan, targets) ? SOMETHING_TO_DO : 0;
    },
  },
  {
    name: "apply",
    summary: "Make it as models.yaml says, through the policies that hold (exit 3: refused)",
    options: [FILE, JSON_OUT],
    async run(values, terminal) {
      const { plan, targets, client, deployments } = await look(values, terminal);
      await say(values, terminal, plan, targets);
      if (plan.refusals.length > 0) return REFUSED;
      // Files that are not what their version says stop it before anything is changed.
      for (const { model, version } of plan.placements) await holdVersion(client, terminal.env, model, version);
      try {
        await change(plan, client);
      } catch (error) {
        if (!(error instanceof EsteiraError && error.code === "PERMISSION_DENIED")) throw error;
        terminal.note(`${pc.red("refused:")} ${error.message}`);
        return REFUSED;
      }
      for (const placement of plan.placements) {
        const { url } = await deployments.apply(wantedOf(placement, terminal.env));
        terminal.note(`${placement.target} serves version ${placement.version} of ${placement.model} at ${url}`);
      }
      if (plan.placements.length > 0) await freeVersions(deployments, terminal.env, Date.now());
      return 0;
    },
  },
];

async function look(values: Values, terminal: Terminal) {
  const file = text(values, "file") ?? "models.yaml";
  const content = await readFile(file, "utf8").catch(() => {
    throw notFound(`${file} cannot be read: name the file that says what models are to be with --file.`);
  });
  const { parseDesiredState } = await import("@esteira/lifecycle/desired/parse-desired-state");
  const { planModels } = await import("@esteira/lifecycle/desired/plan");
  const { foundModels } = await import("../desired/found-models.ts");
  const wanted = parseDesiredState(content, file);
  const client = trackingClient(terminal);
  const plan = planModels(wanted, await foundModels(client, Object.keys(wanted.models)));
  const deployments = await toldLocalDeployments(terminal);
  const targets: TargetPlan[] = [];
  for (const placement of plan.placements) targets.push(await targetPlan(deployments, placement, terminal.env));
  return { plan, targets, client, deployments };
}

/** An alias may move tomorrow, and the version that is served only when it is applied again. */
const wantedOf = ({ target, model, version, digest, port }: Placement, env: Terminal["env"]): Wanted => ({
  name: target,
  model: heldFolder(env, { name: model, version, digest }),
  ...(port === undefined ? {} : { port }),
});

async function targetPlan(deployments: Target, placement: Placement, env: Terminal["env"]): Promise<TargetPlan> {
  const { target } = placement;
  const changes = await deployments.plan(wantedOf(placement, env));
  const status = await deployments.status(target);
  return {
    target,
    changes,
    ...(status?.state === "failed" ? { problem: `it has failed: ${status.problem ?? "nobody knows why"}` } : {}),
  };
}

async function change({ changes }: Plan, client: Client): Promise<void> {
  for (const { kind, model, alias, to } of changes) {
    if (kind === "remove") await client.registeredModels.deleteAlias(model, alias);
    else await client.registeredModels.setAlias(model, alias, to ?? "");
  }
}

const isMuch = ({ changes }: Plan, targets: readonly TargetPlan[]): boolean =>
  changes.length > 0 || targets.some((target) => target.changes.length > 0 || target.problem !== undefined);

async function say(values: Values, terminal: Terminal, plan: Plan, targets: readonly TargetPlan[]): Promise<void> {
  if (values.json === true) {
    terminal.out(JSON.stringify({ ...plan, targets }, undefined, 2));
    return;
  }
  const { renderPlan } = await import("@esteira/lifecycle/desired/render-plan");
  terminal.out(renderPlan(plan, targets, (kind, words) => STYLES[kind](words)));
}
