import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const FEATURES = ["a", "b", "c", "d", "e", "f"];

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-models-predict-"));
  await writeModelFolder(join(root, "model"), {
    ubj: modelBytes("dart.ubj"),
    createdAt: 0,
    modelUuid: "0",
    signature: { inputs: columnsOf(FEATURES, "double") },
  });
  const lines = Array.from({ length: 300 }, (_, row) =>
    [`id${row}`, ...FEATURES.map((_f, i) => (row * (i + 1)) % 17)].join(),
  );
  await writeFile(join(root, "in.csv"), ["id", ...FEATURES].join().concat("\n", lines.join("\n"), "\n"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function predict(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [COMMAND, "models", "predict", "-m", "model", ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

describe("esteira models predict", () => {
  it("gives the answers of MLflow's form and of rows alike, through each kind of file", async () => {
    const payload = await predict("-t", "csv", "-i", "in.csv");
    expect(payload.code).toBe(0);
    const { predictions } = JSON.parse(payload.stdout) as { predictions: number[] };
    expect(predictions).toHaveLength(300);

    const toParquet = await predict(
      ...[
        "-t",
        "csv",
        "-i",
        "in.csv",
        "-o",
        "out.parquet",
        "--output-type",
        "parquet",
        "--keep",
        ["id", ...FEATURES].join(),
      ],
    );
    expect([toParquet.code, toParquet.stderr]).toEqual([0, expect.stringContaining("300 rows in out.parquet")]);
    // Kept columns of a CSV are text, as they came; the model's types are asked again of them.
    const again = await predict(
      "-t",
      "parquet",
      "-i",
      "out.parquet",
      "-o",
      "again.jsonl",
      "--output-type",
      "jsonl",
      "--keep",
      "id",
    );
    expect(again).toMatchObject({ code: 0 });
    const rows = (await readFile(join(root, "again.jsonl"), "utf8")).trimEnd().split("\n");
    expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual(
      predictions.map((prediction, row) => ({ id: `id${row}`, prediction })),
    );
    expect((await readdir(root)).filter((name) => /partial|checkpoint/.test(name))).toEqual([]);
  });

  it.each([
    [["-t", "xml"], "--content-type is 'xml': expected one of csv, json, jsonl, parquet."],
    [["-t", "parquet", "-i", "in.csv", "-o", "x"], "in.csv cannot be read as Parquet"],
    [["-t", "csv", "-i", "in.csv", "--output-type", "csv"], "give --input-path and --output-path"],
    [["-t", "csv", "-i", "in.csv", "-o", "x", "--output-type", "csv", "--keep", "cpf"], "no column 'cpf' to keep"],
    [["-t", "csv", "-i", "none.csv", "-o", "x", "--output-type", "csv"], "there is no such file"],
    [["-t", "jsonl", "--output-type", "json"], "--output-type json takes csv or json"],
  ])("refuses %j in a sentence, with code 2", async (args, words) => {
    const { code, stderr } = await predict(...args);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });
});
