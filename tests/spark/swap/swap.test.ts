import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pythonJson } from "@esteira/core/python-json";
import { parseJson } from "@esteira/models/format/json";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle } from "../../compat/oracle.ts";

const COMMAND = fileURLToPath(new URL("../../../packages/cli/bin/esteira.mjs", import.meta.url));
const corpus = process.env.ESTEIRA_SPARK_CORPUS;
const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const missing = corpus === undefined ? "no Spark" : "missing" in oracle ? oracle.missing : undefined;

/** The last bit of exp in float32 may differ between C libraries; all other answers are equal. */
const ONE_BIT = 6e-8;

if (missing !== undefined) it.skip(`the model behind a client is swapped (skipped: ${missing})`);

/** A probability, or one of each class. */
type Score = number | readonly number[];
type Row = Readonly<Record<string, unknown>>;

/** The client: what a team has in its service, whatever the model is. */
async function score(url: string, rows: readonly Row[]): Promise<readonly Score[]> {
  const answer = await fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: pythonJson({ dataframe_records: rows }),
  });
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return (JSON.parse(text) as { predictions: Score[] }).predictions;
}

describe.skipIf(missing !== undefined)("one client, four models", () => {
  let root: string;
  let rows: Row[];
  const expected = new Map<string, readonly Score[]>();
  const folders = new Map<string, string>();

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-swap-"));
    const saved = join(corpus!, "mlflow", "forest");
    const { all } = parseJson(await readFile(`${saved}.json`, "utf8"), "forest.json") as Record<
      string,
      { columns: string[]; data: unknown[][]; answers: number[] }
    >;
    // Beyond float32 a Booster refuses a row, as XGBoost's own does.
    const places = all!.data.flatMap((row, i) => (row.includes(Infinity) || row.includes(-Infinity) ? [] : [i]));
    const data = places.map((i) => all!.data[i]!);
    rows = data.map((row) => Object.fromEntries(all!.columns.map((name, i) => [name, row[i]])));
    folders.set("spark", saved);
    expected.set(
      "spark",
      places.map((i) => all!.answers[i]!),
    );
    const table = join(root, "table.json");
    await writeFile(table, pythonJson({ columns: all!.columns, data }));
    await promisify(execFile)(
      python,
      ["-W", "ignore", fileURLToPath(new URL("models.py", import.meta.url)), root, table],
      {
        cwd: root,
        env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true" },
      },
    );
    for (const name of ["random-forest", "xgboost", "sklearn"]) {
      folders.set(name, join(root, name));
      expected.set(name, JSON.parse(await readFile(join(root, `${name}.json`), "utf8")) as Score[]);
    }
  }, 600_000);
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** The one thing that changes: the model's URI. */
  async function serve(uri: string): Promise<{ url: string; child: ChildProcess }> {
    const child = spawn(process.execPath, [COMMAND, "models", "serve", "-m", uri, "-p", "0"], {
      env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", ESTEIRA_ENGINE: "auto", ESTEIRA_PYTHON: python },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (text: Buffer) => {
        said += text.toString();
      });
    const address = /at (http:\S+)/;
    await expect.poll(() => address.test(said) || child.exitCode !== null, { timeout: 240_000 }).toBe(true);
    const url = address.exec(said)?.[1];
    if (url === undefined) throw new Error(`The server ended: ${said}`);
    return { url, child };
  }

  for (const name of ["random-forest", "xgboost", "spark", "sklearn"])
    it(`answers as ${name}'s own engine`, async () => {
      const { url, child } = await serve(folders.get(name)!);
      try {
        const answers = await score(url, rows);
        const theirs = expected.get(name)!;
        expect(answers).toHaveLength(theirs.length);
        expect(new Set(theirs.map(String)).size).toBeGreaterThan(1);
        if (name === "spark" || name === "sklearn") expect(answers).toEqual(theirs);
        else
          for (const [row, answer] of answers.entries())
            expect(Math.abs(Number(answer) - Number(theirs[row]))).toBeLessThanOrEqual(ONE_BIT);
      } finally {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
    });
});
