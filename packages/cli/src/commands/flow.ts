import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Flow, FlowDetails } from "@esteira/core/flow/entity";
import type { FlowSpec } from "@esteira/core/flow/flow-spec";
import type { Target } from "@esteira/deploy/target";
import pc from "picocolors";
import { type Command, type CommandOption, listed, type Terminal, text, texts, type Values } from "../command.ts";
import { localDeployments } from "../deployments.ts";
import { enginePlace, engineTarget } from "../docker-options.ts";
import { CLUSTER_OPTIONS, openCluster } from "../kubernetes-options.ts";
import { AWS_OPTIONS, openSageMaker, sagemakerSettings } from "../sagemaker-options.ts";
import { localPlace, type TargetPlace } from "../told-deployments.ts";
import { trackingClient } from "../tracking.ts";

const MODEL: CommandOption = { flags: "-m, --model <name>", summary: "the registered model", required: true };
const REASON: CommandOption = { flags: "--reason <text>", summary: "why; the timeline keeps it" };
const ID = [{ name: "id", summary: "the flow's number" }] as const;
const KEEP_EVERY_MS = 2000;

/** Deployment flows, at the server of MLFLOW_TRACKING_URI. */
export const flow: readonly Command[] = [
  {
    name: "flow set",
    summary: "Say by which steps new versions of a registered model go to production (a YAML file)",
    arguments: [{ name: "file", summary: "the flow" }],
    options: [MODEL],
    async run(values, terminal) {
      const file = text(values, "file") ?? "";
      await trackingClient(terminal).flows.set(model(values), await specOf(file));
      terminal.out(`New versions of ${pc.bold(model(values))} go by the flow of ${file}.`);
      return 0;
    },
  },
  {
    name: "flow remove",
    summary: "Let new versions of a registered model start no flow any more",
    options: [MODEL],
    async run(values, terminal) {
      await trackingClient(terminal).flows.remove(model(values));
      terminal.out(`New versions of ${pc.bold(model(values))} start no flow.`);
      return 0;
    },
  },
  {
    name: "flow start",
    summary: "Start the flow of a version that is registered already",
    options: [MODEL, { flags: "--for-version <number>", summary: "the version", required: true }],
    async run(values, terminal) {
      const started = await trackingClient(terminal).flows.start(model(values), text(values, "forVersion") ?? "");
      terminal.out(lineOf(started));
      return 0;
    },
  },
  {
    name: "flow list",
    summary: "List flows, the newest first",
    options: [
      { flags: "-m, --model <name>", summary: "of this registered model; of all where it is not given" },
      { flags: "--active", summary: "those that have not ended" },
    ],
    async run(values, terminal) {
      const { flows } = trackingClient(terminal);
      const name = text(values, "model");
      const active = values.active === true;
      const found = name === undefined ? await flows.list(active) : await flows.ofModel(name);
      for (const one of found) if (!active || one.work !== undefined) terminal.out(lineOf(one));
      return 0;
    },
  },
  {
    name: "flow show",
    summary: "Show the steps of a flow, and what it waits for",
    arguments: ID,
    options: [MODEL, { flags: "--json", summary: "as JSON" }],
    async run(values, terminal) {
      const details = await trackingClient(terminal).flows.get(model(values), idOf(values));
      if (values.json === true) terminal.out(JSON.stringify(details, undefined, 2));
      else for (const line of linesOf(details)) terminal.out(line);
      return 0;
    },
  },
  {
    name: "flow approve",
    summary: "Approve what a flow waits with, as the person who is signed in",
    arguments: ID,
    options: [MODEL],
    run: (values, terminal) =>
      told(terminal, trackingClient(terminal).flows.decide(model(values), idOf(values), "approve")),
  },
  {
    name: "flow decline",
    summary: "Decline what a flow waits with: what it began is put back",
    arguments: ID,
    options: [MODEL, REASON],
    run: (values, terminal) =>
      told(terminal, trackingClient(terminal).flows.decide(model(values), idOf(values), "decline", reason(values))),
  },
  {
    name: "flow cancel",
    summary: "Cancel a flow under way: what it began is put back",
    arguments: ID,
    options: [MODEL, REASON],
    run: (values, terminal) =>
      told(terminal, trackingClient(terminal).flows.end(model(values), idOf(values), "cancel", reason(values))),
  },
  {
    name: "flow rollback",
    summary: "Roll back the version that a flow has promoted: the one before it answers again",
    arguments: ID,
    options: [MODEL, REASON],
    run: (values, terminal) =>
      told(terminal, trackingClient(terminal).flows.end(model(values), idOf(values), "rollback", reason(values))),
  },
  {
    name: "flow work",
    summary: "Do the steps of flows that are due, and look after the deployments of this machine, until Ctrl-C",
    options: [
      {
        flags: "--evidence-key <file>",
        summary: "signs the evidence of passed gates; also ESTEIRA_EVIDENCE_KEY (without it none is brought)",
      },
      {
        flags: "--lease <seconds>",
        summary: "how long it may be silent until another takes its step; also ESTEIRA_FLOW_LEASE (default: 30)",
      },
      {
        flags: "--target <target>",
        summary:
          "work on flows that serve there: local, docker, kubernetes or sagemaker; may be repeated; also ESTEIRA_FLOW_TARGETS (default: local)",
        repeats: true,
      },
      ...CLUSTER_OPTIONS,
      ...AWS_OPTIONS,
      { flags: "--role <arn>", summary: "that SageMaker takes for endpoints, where it is not as they were deployed" },
      { flags: "--instance-type <type>", summary: "of SageMaker, in the same way" },
      { flags: "--once", summary: "end when every flow has ended, or waits for people" },
      { flags: "--with-parent", summary: "end when standard input does, so with whoever started it" },
    ],
    async run(values, terminal) {
      const { runFlows } = await import("../flow/runner.ts");
      const { workOnOrders } = await import("../flow/rollback-orders.ts");
      const { readKey } = await import("../evidence.ts");
      const file = text(values, "evidenceKey") ?? terminal.env.ESTEIRA_EVIDENCE_KEY;
      const key = file ? readKey(await contentOf(file), file) : undefined;
      const leaseSeconds = leaseOf(text(values, "lease") ?? terminal.env.ESTEIRA_FLOW_LEASE);
      const stop = new AbortController();
      void terminal.interrupted().then(() => stop.abort());
      if (values.withParent === true) {
        process.stdin.resume();
        process.stdin.once("close", () => stop.abort());
        // What it says may go to whoever is gone.
        process.stdin.once("end", () => stop.abort());
      }
      const local = await localDeployments(terminal.env);
      const { targets, places, close } = await flowTargets(values, terminal, local);
      const keeper = local.keep(KEEP_EVERY_MS, terminal.note);
      try {
        const options = {
          ...{ client: trackingClient(terminal), targets, places },
          name: `${hostname()}/${process.pid}`,
          ...{ key, leaseSeconds, env: terminal.env, note: terminal.note },
          isOnce: values.once === true,
        };
        const ended = new AbortController();
        const orders = workOnOrders({ ...options, signal: AbortSignal.any([stop.signal, ended.signal]) });
        await runFlows({ ...options, signal: stop.signal }).finally(() => ended.abort());
        await orders;
      } finally {
        await keeper.stop();
        close();
        process.stdin.pause();
      }
      return 0;
    },
  },
];

const model = (values: Values): string => text(values, "model") ?? "";
const reason = (values: Values): string => text(values, "reason") ?? "";

function idOf(values: Values): number {
  const given = text(values, "id") ?? "";
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw invalid(`The flow '${given}' is no number: \`esteira flow list\` shows the flows.`);
}

/** Where this runner serves. A target that is not there is said at once, and not when its first flow is due. */
async function flowTargets(
  values: Values,
  terminal: Terminal,
  local: Target,
): Promise<{
  readonly targets: ReadonlyMap<string, Target>;
  readonly places: ReadonlyMap<string, TargetPlace>;
  close(): void;
}> {
  const said = texts(values, "target");
  const names = said.length > 0 ? said : listed(terminal.env.ESTEIRA_FLOW_TARGETS || "local");
  const targets = new Map<string, Target>();
  const places = new Map<string, TargetPlace>();
  const closing: (() => void)[] = [];
  for (const name of names) {
    if (name === "local") {
      targets.set(name, local);
      places.set(name, localPlace(terminal.env));
    } else if (name === "docker") {
      targets.set(name, await engineTarget(terminal));
      places.set(name, await enginePlace(terminal.env));
    } else if (name === "kubernetes") {
      const { target, place, close } = await openCluster(values, terminal);
      closing.push(close);
      // Its address answers who deploys at once, or says why it cannot be asked.
      await target.list();
      targets.set(name, target);
      places.set(name, place);
    } else if (name === "sagemaker") {
      const { target, place, close } = await openSageMaker(values, terminal, sagemakerSettings(values));
      closing.push(close);
      await target.list();
      targets.set(name, target);
      places.set(name, place);
    } else
      throw invalid(`The target '${name}' of flows is not known: expected local, docker, kubernetes or sagemaker.`);
  }
  return {
    targets,
    places,
    close: () => {
      for (const close of closing) close();
    },
  };
}

function leaseOf(given: string | undefined): number {
  if (given === undefined || given === "") return 30;
  if (/^\d{1,4}$/.test(given) && Number(given) >= 1 && Number(given) <= 3600) return Number(given);
  throw invalid(`--lease is '${given}': expected seconds from 1 to 3600.`);
}

async function told(terminal: Terminal, call: Promise<Flow>): Promise<number> {
  terminal.out(lineOf(await call));
  return 0;
}

function lineOf({ id, model: name, version, work, outcome, reason: why, note, runner }: Flow): string {
  const where = work === undefined ? (outcome ?? "") : outcome === undefined ? work : `${work} (${outcome})`;
  const more = work === undefined ? why : (note ?? (runner === undefined ? undefined : `by ${runner}`));
  return [String(id), `${name}/${version}`, pc.bold(where), ...(more === undefined ? [] : [pc.dim(more)])].join("  ");
}

function linesOf({ flow: one, steps, unmet }: FlowDetails): readonly string[] {
  return [
    lineOf(one),
    ...steps.map(({ work, beganAt, endedAt, ending, note }) => {
      const took = endedAt === undefined ? "" : `${((endedAt - beganAt) / 1000).toFixed(1)} s`;
      return `  ${work.padEnd(9)} ${(ending ?? "").padEnd(8)} ${took.padStart(9)}  ${note ?? ""}`.trimEnd();
    }),
    ...unmet.map((sentence) => `  ${pc.yellow("unmet")}     ${sentence}`),
  ];
}

/** What the file says, with the content of the files that it names. Data stay where they are, for whoever does the work. */
async function specOf(file: string): Promise<FlowSpec> {
  const { parseFlow } = await import("@esteira/lifecycle/flow/parse-flow");
  const { gate, staging, ...same } = parseFlow(await contentOf(file), file);
  const beside = (path: string): string => resolve(dirname(file), path);
  const { request, ...otherStaging } = staging;
  const content = async (path: string): Promise<string> => contentOf(beside(path));
  const rules = gate && (await content(gate.file));
  if (gate !== undefined && rules !== undefined) {
    const { parseGate } = await import("@esteira/lifecycle/gates/parse-gate");
    parseGate(rules, gate.file);
  }
  const { file: _, ...gateSettings } = gate ?? { file: "", data: "" };
  return {
    ...same,
    staging: { ...otherStaging, ...(request === undefined ? {} : { request: await content(request) }) },
    ...(gate === undefined || rules === undefined
      ? {}
      : {
          gate: {
            ...{ label: gate.label, slices: gate.slices },
            ...gateSettings,
            rules,
            data: beside(gate.data),
            ...(gate.training === undefined ? {} : { training: beside(gate.training) }),
          },
        }),
  };
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new EsteiraError("INVALID_PARAMETER_VALUE", `${file} cannot be read: name a file that is there.`);
  }
}
