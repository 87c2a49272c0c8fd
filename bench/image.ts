/**
 * Images of two models of the Pix model's shape by `esteira build`, packed as it would be published: processor time of the first build and of one after
 * another model, size, and where runc is, the time from its start to the first score. Beside it what MLflow's image of the same model installs:
 * the model's own requirements in an environment of their own, and the Python that they are for (without the system below both).
 *
 *   node --conditions=@esteira/source --import tsx bench/image.ts [--runs 3] [--no-peer]
 *
 * Linux. The peer needs a package index and some minutes. Ends with 1 when a target is missed.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { parseDocument } from "@esteira/deploy/oci/descriptor";
import { openLayout } from "@esteira/deploy/oci/layout";
import { Booster } from "@esteira/models/engines/xgboost/booster";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { noContainers, startContainer, unpack } from "../tests/containers/runc.ts";
import { printFigure, printMachine } from "./figure.ts";
import { packCommand } from "./own-server.ts";
import { createModelText, featureNames } from "./scoring-model.ts";

const FEATURES = 75;
const NAMES = featureNames(FEATURES);
const { values: options } = parseArgs({
  options: { runs: { type: "string", default: "3" }, "no-peer": { type: "boolean", default: false } },
});
const run = promisify(execFile);
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const home = await mkdtemp(join(tmpdir(), "esteira-bench-image-"));
printMachine();

async function writeModel(name: string, trees: number): Promise<string> {
  const library = await locateXgboost({ onProgress: (line) => console.log(line) });
  const text = createModelText({ trees, depth: 6, features: FEATURES });
  const folder = join(home, name, "pix");
  await mkdir(join(home, name));
  await writeModelFolder(folder, {
    ubj: Booster.load(openXgboost(library.path), Buffer.from(text)).save("ubj"),
    createdAt: 0,
    modelUuid: "0",
    signature: { inputs: columnsOf(NAMES, "double") },
    inputExample: { columns: NAMES, data: [NAMES.map((_, at) => at)] },
  });
  return folder;
}

/** Seconds of the processor that the command and its children took, by the shell that waits for it. */
async function build(
  command: string,
  model: string,
  cache: string,
  output: string,
): Promise<{ cpu: number; mb: number }> {
  const args = [process.execPath, command, "build", "-m", model, "-t", "bench/pix:1", "-o", output];
  const env = { ...process.env, XDG_CACHE_HOME: cache, NO_COLOR: "1" };
  const { stdout, stderr } = await run("bash", ["-c", '"$@" || exit 1; times', "bash", ...args], { env });
  const [user = 0, system = 0] = [...(stdout.trim().split("\n").at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  const mb = Number(/([\d.]+) MB in/.exec(stderr)?.[1]);
  return { cpu: user + system, mb };
}

/** Milliseconds from the start of runc to the first score. */
async function firstScore(layout: string, folder: string): Promise<number> {
  const bundle = await unpack(layout, "1", folder);
  const body = JSON.stringify({ dataframe_split: { columns: NAMES, data: [NAMES.map((_, at) => at)] } });
  const taken: number[] = [];
  for (let turn = 0; turn < Number(options.runs); turn++) {
    const began = performance.now();
    const container = await startContainer(bundle);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${container.url}/invocations`, { method: "POST", headers, body });
    taken.push(performance.now() - began);
    await container.kill("TERM");
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  }
  console.log(`runc to the first score: ${taken.map((ms) => ms.toFixed(0)).join(" ")} ms`);
  return median(taken);
}

/** All layers as they are run, in MB. */
async function unpackedMb(folder: string): Promise<number> {
  const layout = await openLayout(folder);
  const image = await layout.resolve("1");
  if (image === undefined) throw new Error(`${folder} holds no image`);
  const document = parseDocument(await layout.bytes(image.digest), image.mediaType, folder);
  let bytes = 0;
  for (const { digest } of document.kind === "manifest" ? document.manifest.layers : [])
    for await (const piece of (await layout.open(digest)).pipe(createGunzip())) bytes += piece.length;
  return bytes / 1e6;
}

/** Of a Python that other things were installed into: they are not the model's. */
const OF_OTHERS = new Set(["site-packages", "dist-packages", "__pycache__"]);

/** Without what is in folders of these names. */
async function sizeMb(path: string, without: ReadonlySet<string> = new Set()): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.size / 1e6;
  let sum = 0;
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (!entry.isSymbolicLink() && !without.has(entry.name)) sum += await sizeMb(join(path, entry.name), without);
  return sum;
}

/** What is installed for the model, in MB: its requirements, and the standard library of their Python. */
async function peerMb(model: string): Promise<{ packages: number; python: number }> {
  const venv = join(home, "venv");
  await run("python3", ["-m", "venv", venv]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", join(model, "requirements.txt")];
  await run(join(venv, "bin/python"), pip, { maxBuffer: 1 << 26 });
  const asked = "import sys, sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('stdlib'))";
  const { stdout } = await run(join(venv, "bin/python"), ["-c", asked]);
  const [packages = "", library = ""] = stdout.trim().split("\n");
  return { packages: await sizeMb(packages), python: await sizeMb(library, OF_OTHERS) };
}

try {
  const [first, second] = [await writeModel("first", 200), await writeModel("second", 201)];
  const command = await packCommand();
  const fresh: number[] = [];
  const again: number[] = [];
  let mb = 0;
  const layout = join(home, "image");
  for (let turn = 0; turn < Number(options.runs); turn++) {
    const cache = join(home, `cache-${turn}`);
    const built = await build(command, first, cache, join(home, `fresh-${turn}`));
    fresh.push(built.cpu);
    again.push((await build(command, second, cache, layout)).cpu);
    mb = built.mb;
  }
  const said = (values: readonly number[]) => values.map((one) => one.toFixed(2)).join(" ");
  console.log(`first builds ${said(fresh)} s, after another model ${said(again)} s of the processor; ${mb} MB`);
  printFigure({ name: "Image of the Pix model, compressed", target: "≤ 60 MB", measured: `${mb} MB`, isMet: mb <= 60 });
  printFigure({
    name: "Image built, nothing kept",
    target: "< 5 s",
    measured: `${median(fresh).toFixed(2)} CPU seconds`,
    isMet: median(fresh) < 5,
  });
  printFigure({
    name: "Image built after another model",
    target: "< 1 s",
    measured: `${median(again).toFixed(2)} CPU seconds`,
    isMet: median(again) < 1,
  });
  const reason = noContainers();
  if (reason === undefined) {
    const ms = await firstScore(layout, join(home, "bundle"));
    const measured = `${(ms / 1000).toFixed(2)} s`;
    printFigure({ name: "Container, start to the first score", target: "< 0.5 s", measured, isMet: ms < 500 });
  }
  if (!options["no-peer"]) {
    const unpacked = await unpackedMb(layout);
    const { packages, python } = await peerMb(first);
    console.log(
      `unpacked ${unpacked.toFixed(0)} MB; MLflow's: ${packages.toFixed(0)} MB of packages, ${python.toFixed(0)} MB of Python`,
    );
    const share = unpacked / (packages + python);
    printFigure({
      name: "Image beside what MLflow's installs, unpacked",
      target: "≤ 1/10",
      measured: `${unpacked.toFixed(0)} MB of ${(packages + python).toFixed(0)} MB, 1/${(1 / share).toFixed(1)}`,
      isMet: share <= 0.1,
    });
  }
} finally {
  await rm(home, { recursive: true, force: true });
}
