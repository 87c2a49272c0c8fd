import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadModel } from "@esteira/models/flavors/load-model";
import { parseJson } from "@esteira/models/format/json";
import { downloadFolder } from "@esteira/sdk/node/folder";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { computeFeatures } from "../../pix-fraud/src/features/offline.ts";
import { tableDigest } from "../../pix-fraud/src/features/table-digest.ts";
import { simulateWorld } from "../../pix-fraud/src/world/simulate.ts";
import { servingAgain } from "../job/serve-again.ts";
import { runsOf } from "../job/snapshot.ts";
import { LENIENT_GATE, runJob, SMALL } from "../job/spawn-job.ts";
import { findOracle } from "./oracle.ts";

const oracle = findOracle();
const folder = await mkdtemp(join(tmpdir(), "esteira-main-job-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const numbers = z.array(z.number());
const seenWire = z.object({
  runs: z.array(z.tuple([z.string(), z.string(), z.number(), z.number(), z.number()])),
  champion: z.string(),
  models: z.record(
    z.string(),
    z.object({
      example_columns: z.array(z.string()),
      example: numbers,
      pyfunc: numbers,
      booster: numbers,
      margin: numbers,
      signature: z.literal(true),
    }),
  ),
});

const exampleWire = z.object({ data: z.array(z.array(z.union([z.number(), z.nan(), z.null()]))) });

const CHAMPION = "models:/pix-fraud@champion";
const FOREST = "models:/pix-fraud/1";
/** Rows of the job's world, spread over all of it. */
const ROWS = 5000;

describe.skipIf("missing" in oracle)(
  `the main job's models in real MLflow${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    test("it lists the runs, loads both models in both ways, and predicts what our scorer predicts", async () => {
      const python = "python" in oracle ? oracle.python : "";
      const end = await runJob([...SMALL, "--gate", LENIENT_GATE, "--data", join(folder, "data")]);
      expect(end.code, end.stdout + end.stderr).toBe(0);

      // The very rows of the job: the table's digest is the one that its runs carry.
      const table = computeFeatures(simulateWorld({ transfers: 60_000, days: 240, seed: 7 }));
      const width = table.names.length;
      const rows = new Float32Array(ROWS * width);
      const stride = Math.floor(table.rows / ROWS);
      for (let at = 0; at < ROWS; at++) {
        rows.set(table.values.subarray(at * stride * width, (at * stride + 1) * width), at * width);
      }
      await writeFile(join(folder, "rows.f4"), new Uint8Array(rows.buffer));
      await writeFile(join(folder, "names.json"), JSON.stringify(table.names));

      await servingAgain(end.stdout, async (client, url) => {
        const runs = await runsOf(client);
        const param = (at: number, key: string) => runs[at]?.data.params.find((found) => found.key === key)?.value;
        expect(param(0, "features.table_digest")).toBe(tableDigest(table));

        const script = fileURLToPath(new URL("main-job.py", import.meta.url));
        const files = [join(folder, "rows.f4"), join(folder, "names.json")];
        const { stdout } = await promisify(execFile)(python, [script, url, ...files, CHAMPION, FOREST], {
          cwd: folder,
          maxBuffer: 64 * 2 ** 20,
          env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true", GIT_PYTHON_REFRESH: "quiet" },
        });
        const line = stdout.split("\n").find((text) => text.startsWith("OBSERVED ")) ?? "";
        const seen = seenWire.parse(JSON.parse(line.slice("OBSERVED ".length)));

        expect(seen.runs).toEqual(
          runs.map(({ info, data, inputs }) => [
            info.runName,
            info.status,
            data.metrics.length,
            data.params.length,
            inputs.datasets.length,
          ]),
        );
        expect(seen.runs.map(([name]) => name)).toEqual([
          "random-forest-seed-7",
          "xgboost-seed-7",
          "trial-0",
          "trial-1",
          "monitoring-v2",
        ]);
        expect(seen.champion).toBe("2");

        for (const [uri, version] of [
          [CHAMPION, "2"],
          [FOREST, "1"],
        ] as const) {
          const theirs = seen.models[uri]!;
          const model = join(folder, `v${version}`);
          await downloadFolder(client, await client.modelVersions.downloadUri("pix-fraud", version), model);
          const { rowScorer } = await loadModel(model);
          if (rowScorer === undefined) throw new Error("The model does not answer one number a row.");
          expect(theirs.example_columns).toEqual(rowScorer.featureNames);
          const text = await readFile(join(model, "input_example.json"), "utf8");
          const example = exampleWire.parse(parseJson(text, "the input example"));
          const exampleRows = example.data.map((row) => Float32Array.from(row, (value) => value ?? Number.NaN));
          const given = Array.from({ length: ROWS }, (_, at) => rows.subarray(at * width, (at + 1) * width));

          // Margins to the bit.
          expect(given.map((row) => rowScorer.margin(row))).toEqual(theirs.margin);
          expect(new Set(theirs.margin).size).toBeGreaterThan(100);
          expectNear(
            given.map((row) => rowScorer.score(row)),
            theirs.booster,
          );
          expectNear(
            given.map((row) => rowScorer.score(row)),
            theirs.pyfunc,
          );
          expectNear(
            exampleRows.map((row) => rowScorer.score(row)),
            theirs.example,
          );
          // What the two ways of MLflow say is the same to the bit.
          expect(theirs.pyfunc).toEqual(theirs.booster);
        }
      });
    });
  },
);

/** Of probabilities, whose exponential differs in its last bit: two units in the last place of a 32-bit float. */
const RELATIVE = 2 ** -22;
const ABSOLUTE = 3e-8;

function expectNear(ours: readonly number[], theirs: readonly number[]): void {
  expect(ours.length).toBe(theirs.length);
  const far = ours.filter((value, at) => {
    const expected = theirs[at] ?? Number.NaN;
    const distance = Math.abs(value - expected);
    return !(distance <= ABSOLUTE && distance <= RELATIVE * Math.abs(expected));
  });
  expect(far).toEqual([]);
}
