import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Flow } from "@esteira/core/flow/entity";
import { toNumbers } from "@esteira/models/flavors/flavor";
import { loadModel } from "@esteira/models/flavors/load-model";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import type { Client } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { expect } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";

export const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
export const FEATURES = ["a", "b", "c", "d", "e", "f"];
const ROWS = 300;

/** good: XGBoost's, of six columns. narrow: asks for one that callers do not send, and so fails on all. odd: answers otherwise. */
export type Kind = "good" | "narrow" | "odd";
const FILES = { good: "dart.ubj", narrow: "wide.ubj", odd: "forest.ubj" } as const;

/** Model folders, labelled rows, a gate and a flow in `root`. */
export async function writeFlowWorld(root: string, flow: readonly string[]): Promise<void> {
  for (const kind of ["good", "odd"] as const)
    await writeModelFolder(join(root, kind), {
      ...{ ubj: modelBytes(FILES[kind]), createdAt: 0, modelUuid: "0" },
      signature: { inputs: columnsOf(FEATURES, "double") },
      inputExample: { columns: FEATURES, data: [FEATURES.map((_, i) => i + 0.5)] },
    });
  // The same trees under another name of their last column: its own example is answered, its callers are not.
  const others = [...FEATURES.slice(0, -1), "z"];
  await writeModelFolder(join(root, "narrow"), {
    ...{ ubj: modelBytes(FILES.good), createdAt: 0, modelUuid: "0" },
    signature: { inputs: columnsOf(others, "double") },
    inputExample: { columns: others, data: [others.map((_, i) => i + 0.5)] },
  });
  const cells = Array.from({ length: ROWS }, (_, row) => FEATURES.map((_f, i) => ((row * (i + 3)) % 23) - 9));
  const model = await loadModel(join(root, "good"));
  const columns = FEATURES.map((_f, i) => Float64Array.from(cells, (row) => row[i]!));
  const scores = toNumbers(model.predict({ names: FEATURES, columns, rowCount: ROWS }));
  const cut = [...scores].sort((x, y) => y - x)[Math.floor(ROWS / 8)]!;
  const lines = cells.map((row, at) => [`id${at}`, scores[at]! >= cut !== (at % 9 === 0) ? 1 : 0, ...row, 1].join());
  await writeFile(join(root, "rows.csv"), [["id", "fraud", ...FEATURES, "z"].join(), ...lines, ""].join("\n"));
  await writeFile(
    join(root, "gate.yaml"),
    ["version: 1", "name: pix", "checks:", "  - { check: metric, metric: auc_pr_lift, min: 0.1 }", ""].join("\n"),
  );
  await writeFile(join(root, "flow.yaml"), [...flow, ""].join("\n"));
}

export async function registerVersion(client: Client, root: string, kind: Kind): Promise<string> {
  const experimentId = await client.experiments.ensure("flow");
  const logged = await client.loggedModels.create({ experimentId, name: "model" });
  await uploadFolder(client, join(root, kind), logged.artifactUri);
  await client.loggedModels.finalize(logged.modelId, "LOGGED_MODEL_READY");
  const source = { source: `models:/${logged.modelId}`, modelId: logged.modelId };
  return (await client.modelVersions.create({ name: "pix", ...source })).version;
}

export const requestBody = JSON.stringify({
  dataframe_records: [Object.fromEntries(FEATURES.map((name, i) => [name, i + 0.5]))],
});

/** Asks until `stop`, with other keys each time; what was answered by status. Connections that fail count as 0. */
export function callers(url: () => Promise<string | undefined>): { stop(): Promise<ReadonlyMap<number, number>> } {
  const statuses = new Map<number, number>();
  let isOver = false;
  const ask = async (key: number): Promise<void> => {
    const to = await url();
    if (to === undefined) return;
    const headers = { "content-type": "application/json", "x-esteira-key": `payer ${key}` };
    const answer = await fetch(`${to}/invocations`, { method: "POST", headers, body: requestBody }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer();
    statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1);
  };
  const asking = (async () => {
    for (let key = 0; !isOver; key++) {
      await ask(key);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await asking;
      return statuses;
    },
  };
}

const PATIENT = { timeout: 400_000, interval: 300 };

/** The flows of the model `pix`, waited for; one that does not get there shows itself, and what its runner said. */
export function flowsOf(client: Client, said: () => string | Promise<string>) {
  const until = async (id: number, is: (flow: Flow) => boolean): Promise<Flow> => {
    await expect
      .poll(async () => is((await client.flows.get("pix", id)).flow), PATIENT)
      .toBe(true)
      .catch(async (error: unknown) => {
        console.error(await said(), JSON.stringify(await client.flows.get("pix", id), undefined, 1));
        throw error;
      });
    return (await client.flows.get("pix", id)).flow;
  };
  return {
    /** Of a version that was registered. */
    async begun(version: string): Promise<Flow> {
      const found = (await client.flows.ofModel("pix")).find((flow) => flow.version === version);
      if (found === undefined) throw new Error(`version ${version} has no flow`);
      return found;
    },
    until,
    hasEnded: (id: number): Promise<Flow> =>
      until(id, ({ work, outcome }) => work === undefined && outcome !== undefined),
    /** Once it waits for that. */
    async approve(id: number): Promise<void> {
      await until(id, ({ work }) => work === "approval");
      await client.flows.decide("pix", id, "approve");
    },
  };
}

export interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
}

export function startCommand(args: readonly string[], env: Readonly<Record<string, string>>, cwd?: string): Running {
  const child = spawn(process.execPath, [COMMAND, ...args], {
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  return { child, said: () => said };
}

export async function command(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const { child, said } = startCommand(args, env, cwd);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said: said() };
}
