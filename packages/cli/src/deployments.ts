import { invalid } from "@esteira/core/errors";
import type { LocalTarget } from "@esteira/deploy/local/local-target";
import type { ApplyOptions, DeploymentStatus, Target } from "@esteira/deploy/target";
import pc from "picocolors";
import { type CommandOption, type Terminal, text, type Values } from "./command.ts";
import { deploymentsRoot } from "./deployments-root.ts";
import { withEngine } from "./docker-options.ts";
import { CLUSTER_OPTIONS, withCluster } from "./kubernetes-options.ts";
import { OWN_COMMAND } from "./own-command.ts";
import { AWS_OPTIONS, withSageMaker } from "./sagemaker-options.ts";
import { localPlace, telling } from "./told-deployments.ts";
import { trackingClient } from "./tracking.ts";

/** Deployments on this machine, each a process of this very command. */
export async function localDeployments(env: Terminal["env"]): Promise<LocalTarget> {
  const { localTarget } = await import("@esteira/deploy/local/local-target");
  return localTarget({ root: deploymentsRoot(env), command: [process.execPath, OWN_COMMAND], env });
}

/** The same, whose changes the registry's server is told of. */
export const toldLocalDeployments = async (terminal: Terminal): Promise<LocalTarget> =>
  telling(await localDeployments(terminal.env), {
    at: localPlace(terminal.env),
    client: () => trackingClient(terminal),
    ...{ env: terminal.env, note: terminal.note },
  });

/** Which deployments a command means. */
export const TARGET_OPTIONS: readonly CommandOption[] = [
  { flags: "--target <target>", summary: "local, docker, kubernetes or sagemaker", default: "local" },
  ...CLUSTER_OPTIONS,
  ...AWS_OPTIONS,
];

/** Does work with the deployments of the target that the command line names. */
export async function withDeployments(
  values: Values,
  terminal: Terminal,
  work: (target: Target, applying: ApplyOptions) => Promise<number>,
): Promise<number> {
  const target = text(values, "target");
  if (target === "kubernetes") return withCluster(values, terminal, (found, signal) => work(found, { signal }));
  if (target === "docker") return withEngine(terminal, {}, (found, signal) => work(found, { signal }));
  if (target === "sagemaker") return withSageMaker(values, terminal, (found, signal) => work(found, { signal }));
  if (target === "local") return work(await toldLocalDeployments(terminal), {});
  throw invalid(`--target is '${target}': expected local, docker, kubernetes or sagemaker.`);
}

export const shownDeployment = ({ wanted, state, url, problem }: DeploymentStatus): string =>
  [
    pc.bold(wanted.name),
    wanted.model,
    ...(wanted.canary === undefined ? [] : [`canary ${wanted.canary.model}`]),
    state,
    ...(url === undefined ? [] : [url]),
    ...(problem === undefined ? [] : [problem]),
  ].join("  ");
