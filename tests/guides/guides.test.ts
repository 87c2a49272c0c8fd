import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, it, onTestFinished } from "vitest";
import { findOracle } from "../compat/oracle.ts";
import { follow } from "./follow.ts";
import { parseGuide } from "./guide.ts";
import { SERVICES, type Service } from "./services.ts";
import { findSparkPython } from "./spark.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = join(root, "docs/how-to");
const names = existsSync(docs) ? (await readdir(docs)).filter((name) => name.endsWith(".md")).sort() : [];
const guides = await Promise.all(
  names.map(async (name) => ({ name, guide: parseGuide(await readFile(join(docs, name), "utf8")) })),
);
const oracle = findOracle();

/** Why a guide cannot be followed here; undefined when it can. */
function lacking(need: string): string | undefined {
  if (need === "python") return "missing" in oracle ? oracle.missing : undefined;
  if (need === "clone") return "it is followed in a clone, by a test beside the job";
  if (need in SERVICES) return undefined;
  return existsSync(need) ? undefined : `${need} is not here`;
}

let installed: string;
const folders: string[] = [];

beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), "esteira-guides-"));
  const packed = join(installed, "packed");
  const pack = ["--conditions=@esteira/source", "--import", "tsx", "packages/cli/pack/pack.ts", "--out", packed];
  await run(process.execPath, pack, { cwd: root });
  await writeFile(join(installed, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", installed], { cwd: packed });
  const tar = join(installed, JSON.parse(stdout)[0].filename);
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", tar], { cwd: installed });
});
afterAll(async () => {
  for (const folder of [installed, ...folders]) await rm(folder, { recursive: true, force: true });
});

describe("a reader who follows", () => {
  for (const { name, guide } of guides.filter(({ guide }) => guide.steps.length > 0)) {
    const reason = guide.needs.map(lacking).find((why) => why !== undefined);
    it.skipIf(reason !== undefined)(
      `${name} gets what it says${reason ? ` (skipped: ${reason})` : ""}`,
      async ({ skip }) => {
        const services: Service[] = [];
        onTestFinished(async () => {
          for (const service of services) await service.stop();
        });
        for (const need of guide.needs) {
          const service = await SERVICES[need]?.();
          if (service === undefined) continue;
          if ("missing" in service) return skip(service.missing);
          services.push(service);
        }
        const folder = await mkdtemp(join(tmpdir(), "esteira-guide-"));
        folders.push(folder);
        await cp(installed, folder, { recursive: true });
        // What single steps need: those are left out where it is not, and said.
        const spark = guide.steps.some((step) => step.needs === "spark") ? findSparkPython() : undefined;
        const steps = guide.steps.filter((step) => step.needs === undefined || (spark && "python" in spark));
        const left = guide.steps.length - steps.length;
        if (left > 0)
          console.info(`${name}: ${left} steps left out: ${spark && "missing" in spark ? spark.missing : ""}`);
        const python = "python" in oracle ? [dirname(oracle.python)] : [];
        const bins = services.flatMap(({ bin }) => bin ?? []);
        await follow({ ...guide, steps }, folder, {
          ...process.env,
          ...(spark && "python" in spark && { SPARK_PYTHON: spark.python }),
          ...Object.assign({}, ...services.map(({ env }) => env)),
          PATH: [...python, ...bins, process.env.PATH].join(":"),
          NO_COLOR: "1",
          MLFLOW_DISABLE_TELEMETRY: "true",
          // A guide sets what it needs.
          MLFLOW_TRACKING_URI: "",
        });
      },
    );
  }
});
