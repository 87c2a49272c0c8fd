import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { expect } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { type Confinement, confine } from "./confinement.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { type Node, startNode } from "./node.ts";
import { startRegistry } from "./registry.ts";
import { run } from "./run.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];
/** What a pod of these tests reserves: they are many on a small machine. */
export const SMALL = { cpu: "50m", memory: "200Mi" };
/** Models whose answers to a request differ. */
const MODELS = ["dart", "forest"];

/** How callers were answered: how many got each status, or ended with each error, and which variant answered. */
export interface Answers {
  readonly statuses: Readonly<Record<string, number>>;
  readonly variants: Readonly<Record<string, number>>;
  /** How many different variants a key got, of the keys that were given. */
  readonly moved: number;
}

export interface Callers {
  /** How long one waits until his next request. */
  readonly pauseMs?: number;
  readonly keepsConnection?: boolean;
  /** Name one of this many keys with each request. */
  readonly keys?: number;
}

/** A cluster that runs pods, in a place of its own. */
export interface PodCluster {
  readonly place: Confinement;
  readonly plane: ControlPlane;
  readonly nodes: readonly Node[];
  /** A deployment of one of the models, by its number from 1. */
  wanted(version: number, more?: object): { readonly name: string; readonly model: string; readonly image: string };
  image(version: number): string;
  /** Asks an address from inside, as another pod would: one caller after the other, or one with a connection that he keeps. */
  ask(url: string, callers: Callers & { readonly seconds: number }): Promise<Answers>;
  /** The same, until it is ended. */
  call(url: string, callers: Callers): { end(): Promise<Answers> };
  /** A node's proxy learns of the first pods a moment after they are ready. */
  known(url: string): Promise<void>;
  end(): Promise<void>;
}

/** Of more than one node the first is the one to stay; then nodes that say nothing are given up soon. */
export async function startPodCluster(programs: string, count = 1): Promise<PodCluster> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-pods-"));
  const place = await confine();
  const plane = await startControlPlane(place, programs, { isImpatient: count > 1 });
  const registry = await startRegistry(place, programs);
  const nodes: Node[] = [];
  for (let number = 0; number < count; number++) nodes.push(await startNode(place, programs, plane, registry, number));
  const images: string[] = [];
  for (const name of MODELS) {
    await writeModelFolder(join(folder, name), {
      ubj: modelBytes(`${name}.ubj`),
      createdAt: 0,
      modelUuid: "0".repeat(32),
      signature: { inputs: columnsOf(FEATURES, "double") },
      inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] },
    });
    const args = ["build", "-m", join(folder, name), "-t", `pix:${name}`, "-o", join(folder, "images")];
    await run(process.execPath, ["packages/cli/bin/esteira.mjs", ...args]);
    images.push(await registry.push(join(folder, "images"), name, "pix"));
  }
  const image = (version: number) => images[version - 1] ?? "";
  const ask = async (
    url: string,
    callers: Callers & { readonly seconds?: number; readonly until?: string },
  ): Promise<Answers> => {
    const said = JSON.stringify({ features: FEATURES, seconds: 3600, ...callers });
    return JSON.parse(await place.run(process.execPath, ["-e", CALLER, "--", url, said]));
  };
  let calls = 0;
  return {
    ...{ place, plane, nodes, image, ask },
    call(url, callers) {
      const until = join(folder, `enough-${calls++}`);
      const asked = ask(url, { ...callers, until });
      // Who waits for it comes later.
      asked.catch(() => {});
      return {
        async end() {
          await writeFile(until, "");
          return asked;
        },
      };
    },
    wanted: (version, more = {}) => ({ name: "pix", model: `models:/pix/${version}`, image: image(version), ...more }),
    known: (url) =>
      expect
        .poll(async () => Object.keys((await ask(url, { seconds: 0.3 })).statuses), { timeout: 60_000 })
        .toEqual(["200"]),
    async end() {
      await place.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const CALLER = `
const http = require("node:http");
const { existsSync } = require("node:fs");
const [url, said] = process.argv.slice(1);
const { features, seconds, pauseMs = 20, keepsConnection = false, keys, until } = JSON.parse(said);
const body = JSON.stringify({ dataframe_split: { columns: features, data: [[1, 2, 3, 4, 5, 6]] } });
const agent = keepsConnection ? new http.Agent({ keepAlive: true, maxSockets: 1 }) : false;
const seen = { statuses: {}, variants: {} };
const ofKey = new Map();
const count = (of, what) => { of[what] = (of[what] ?? 0) + 1; };
const ask = (key) => new Promise((done) => {
  const headers = { "content-type": "application/json", "content-length": body.length, ...(key && { "x-esteira-key": key }) };
  const asked = http.request(url + "/invocations", { method: "POST", agent, headers, timeout: 20000 }, (answer) => {
    const variant = answer.headers["x-esteira-variant"] ?? "none";
    answer.resume().on("end", () => {
      count(seen.statuses, answer.statusCode);
      count(seen.variants, variant);
      if (key) ofKey.set(key, (ofKey.get(key) ?? new Set()).add(variant));
      done();
    }).on("error", (error) => done(count(seen.statuses, "in the middle: " + error.code)));
  });
  asked.on("timeout", () => asked.destroy(new Error("late")));
  asked.on("error", (error) => done(count(seen.statuses, error.code ?? error.message)));
  asked.end(body);
});
(async () => {
  let number = 0;
  for (const end = Date.now() + seconds * 1000; Date.now() < end && !(until && existsSync(until)); ) {
    await ask(keys && "payer-" + (number++ % keys));
    await new Promise((done) => setTimeout(done, pauseMs));
  }
  const moved = [...ofKey.values()].filter((variants) => variants.size > 1).length;
  console.log(JSON.stringify({ ...seen, moved }));
  process.exit(0);
})();`;
