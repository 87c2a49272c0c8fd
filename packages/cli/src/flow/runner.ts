import type { KeyObject } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { Claim } from "@esteira/core/flow/entity";
import type { Work } from "@esteira/core/flow/steps";
import type { Target } from "@esteira/deploy/target";
import type { Client } from "@esteira/sdk/client";
import type { Terminal } from "../command.ts";
import { type TargetPlace, telling } from "../told-deployments.ts";
import { evaluate, gate } from "./gate-steps.ts";
import { approval, archive, promote, undo } from "./promotion-steps.ts";
import { canary, judge, shadow, smoke, stage } from "./serving-steps.ts";
import type { StepOutcome, StepWork } from "./step.ts";

export interface RunnerOptions {
  readonly client: Client;
  readonly targets: ReadonlyMap<string, Target>;
  /** Where each of them is. */
  readonly places: ReadonlyMap<string, TargetPlace>;
  /** How others see who works. */
  readonly name: string;
  readonly key: KeyObject | undefined;
  /** How long it may be silent until another takes its step. */
  readonly leaseSeconds: number;
  readonly env: Terminal["env"];
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
  /** Ends when every flow has ended, or waits for people. */
  readonly isOnce?: boolean;
}

const STEPS: Readonly<Record<Work, StepWork>> = {
  ...{ evaluate, gate, stage, smoke, shadow, approval, canary, judge, promote, archive, undo },
};
const IDLE_MS = 500;
const LOST = "INVALID_PARAMETER_VALUE";

/** Works on steps that are due, one after the other, until `signal` is aborted. A server that does not answer is asked again. */
export async function runFlows(options: RunnerOptions): Promise<void> {
  const { client, targets, name, leaseSeconds, signal, note } = options;
  let trouble: string | undefined;
  while (!signal.aborted) {
    let claim: Claim | undefined;
    try {
      claim = await client.flows.claim(name, [...targets.keys()], leaseSeconds);
      trouble = undefined;
      if (claim === undefined && options.isOnce === true && (await isQuiet(client))) return;
    } catch (error) {
      const said = messageOf(error);
      if (error instanceof EsteiraError && ["PERMISSION_DENIED", "UNAUTHENTICATED"].includes(error.code)) throw error;
      if (said !== trouble) note(`The server cannot be asked for work: ${said}`);
      trouble = said;
    }
    if (claim !== undefined) await workOn(claim, options);
    else await sleep(IDLE_MS, undefined, { signal }).catch(() => {});
  }
}

/** Nothing is left that this runner could do without people. */
async function isQuiet(client: Client): Promise<boolean> {
  return (await client.flows.list(true)).every(({ work }) => work === "approval");
}

async function workOn(claim: Claim, options: RunnerOptions): Promise<void> {
  const { client, targets, places, key, env, note, signal, leaseSeconds } = options;
  const { flow } = claim;
  const what = `flow ${flow.id} (${flow.model} version ${flow.version}), ${flow.work}`;
  const lost = new AbortController();
  const heartbeat = setInterval(
    () => {
      void client.flows.renew(claim, leaseSeconds).catch((error: unknown) => {
        if (error instanceof EsteiraError && error.code === LOST) lost.abort();
      });
    },
    (leaseSeconds * 1000) / 3,
  );
  try {
    const [found, at] = [targets.get(flow.spec.target), places.get(flow.spec.target)];
    if (flow.work === undefined || found === undefined || at === undefined) return;
    const target = telling(found, { at, client: () => client, env, note, flow: flow.id });
    const context = { claim, client, target, key, env, signal: AbortSignal.any([signal, lost.signal]) };
    const outcome = await STEPS[flow.work](context).catch((error: unknown): StepOutcome => {
      // Whoever comes next takes it at once.
      if (signal.aborted) return { report: { kind: "waiting", reason: "the runner was stopped", seconds: 0 } };
      return { report: { kind: "fault", reason: messageOf(error) } };
    });
    if (lost.signal.aborted) return note(`${what}: it is not this runner's any more.`);
    const { kind } = outcome.report;
    const said = "reason" in outcome.report ? outcome.report.reason : (outcome.report.note ?? "");
    await client.flows.report(claim, outcome.report, outcome.result);
    if (kind !== "waiting" || flow.note !== said) note(`${what}: ${kind}${said === "" ? "" : `, ${said}`}`);
  } catch (error) {
    // Not told, so not done: it is done again, by whoever gets it next.
    note(`${what}: ${messageOf(error)}`);
  } finally {
    clearInterval(heartbeat);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
