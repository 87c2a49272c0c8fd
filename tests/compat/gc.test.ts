import { execFile } from "node:child_process";
import { copyFile, cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { newTestDatabase, query } from "@esteira/store/testing/test-database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle, forMlflow } from "./oracle.ts";

const run = promisify(execFile);
const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const script = fileURLToPath(new URL("gc.py", import.meta.url));
const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
if ("missing" in oracle) console.info(`skipped: gc beside MLflow: ${oracle.missing}`);

interface Left {
  readonly rows: Record<string, readonly string[]>;
  readonly files: readonly string[];
}
type Ids = Readonly<Record<string, string>>;

describe.skipIf("missing" in oracle)("`esteira db gc` beside `mlflow gc`", () => {
  let folder: string;
  let uri: string;
  let ids: Ids;
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-gc-"));
    await mkdir(at("artifacts"));
    const made = await newTestDatabase();
    uri = made === "sqlite://" ? `sqlite:///${at("mlflow.db")}` : made;
    const { stdout } = await run(python, [script, "fill", forMlflow(uri), at("artifacts")], { cwd: folder });
    ids = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    await cp(at("artifacts"), at("artifacts.before"), { recursive: true });
    if (made === "sqlite://") await copyFile(at("mlflow.db"), at("mlflow.db.before"));
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The same database and files for each collector: paths are in the rows, so both work in one place, one after the other. */
  async function restore(): Promise<string> {
    await rm(at("artifacts"), { recursive: true });
    await cp(at("artifacts.before"), at("artifacts"), { recursive: true });
    if (uri.startsWith("sqlite")) {
      for (const end of ["-wal", "-shm"]) await rm(at(`mlflow.db${end}`), { force: true });
      await copyFile(at("mlflow.db.before"), at("mlflow.db"));
      return uri;
    }
    const copy = `${new URL(uri).pathname.slice(1)}_${Math.random().toString(36).slice(2)}`;
    await query(
      uri.replace(/[^/]*$/, "postgres"),
      `create database ${copy} template ${new URL(uri).pathname.slice(1)}`,
    );
    return uri.replace(/[^/]*$/, copy);
  }

  async function left(database: string): Promise<Left> {
    const { stdout } = await run(python, [script, "rows", forMlflow(database)], { maxBuffer: 1 << 28 });
    const entries = await readdir(at("artifacts"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return { rows: JSON.parse(stdout), files: files.map((path) => path.slice(folder.length)).sort() };
  }

  async function byMlflow(args: readonly string[]): Promise<Left> {
    const database = await restore();
    const target = forMlflow(database);
    await run(
      join(dirname(python), "mlflow"),
      ["gc", "--backend-store-uri", target, "--tracking-uri", target, ...args],
      {
        cwd: folder,
      },
    );
    return left(database);
  }

  async function esteira(database: string, args: readonly string[]) {
    const command = ["--conditions=@esteira/source", "--import", "tsx", cli, "db", "gc"];
    const child = run(process.execPath, [...command, "--backend-store-uri", database, ...args], {
      cwd: dirname(cli),
      env: { ...process.env, NO_COLOR: "1" },
    });
    return child.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  }

  it.each<[string, (ids: Ids) => readonly string[]]>([
    ["everything that was deleted", () => []],
    ["nothing that is younger than an hour", () => ["--older-than", "1h"]],
    ["named runs", (known) => ["--run-ids", `${known.deleted},${known.fileless}`]],
    [
      "a named experiment and a named model",
      (known) => ["--experiment-ids", known.gone ?? "", "--logged-model-ids", known.deletedModel ?? ""],
    ],
  ])("leaves the same rows: %s", async (_, argsOf) => {
    const theirs = await byMlflow(argsOf(ids));
    const database = await restore();
    const outcome = await esteira(database, [...argsOf(ids), "--with-registered"]);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    const ours = await left(database);
    expect(ours.rows).toEqual(theirs.rows);
    // MLflow forgets where the files of an experiment's active runs and models are; here they go with it.
    const orphans = [ids.restored ?? "", ids.modelInGone ?? ""];
    const isGone = ours.rows.experiments?.every((row) => !row.includes('"gone"'));
    const expected = theirs.files.filter((path) => !isGone || !orphans.some((id) => path.includes(id)));
    expect(ours.files).toEqual(expected);
  });

  it("keeps what registered versions have their files in, and tells", async () => {
    const database = await restore();
    const { code, stdout, stderr } = await esteira(database, []);
    expect(code).toBe(0);
    expect(stdout).toContain(`Run with ID ${ids.deleted} has been permanently deleted.`);
    expect(stderr).toContain(`Run ${ids.registered} stays: it holds the files of registered versions: pix/1.`);
    const after = await left(database);
    expect(after.files.filter((path) => path.includes(ids.registered ?? "-"))).toHaveLength(2);
    const refused = await esteira(database, ["--run-ids", ids.registered ?? ""]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("--with-registered");
  });

  it.each<[string, (ids: Ids) => readonly string[]]>([
    ["Run .* is not in `deleted` lifecycle stage", (known) => ["--run-ids", known.kept ?? ""]],
    ["Run with id=none not found", () => ["--run-ids", "none"]],
    [
      "Experiments \\['\\d+'\\] are not in the deleted lifecycle stage",
      (known) => ["--experiment-ids", known.keep ?? ""],
    ],
    ["No Experiment with id=999 exists", () => ["--experiment-ids", "999"]],
    ["is not older than the required age", (known) => ["--older-than", "1h", "--run-ids", known.deleted ?? ""]],
    ["Could not parse any time information from 'soon'", () => ["--older-than", "soon"]],
  ])("refuses as MLflow does, and removes nothing: %s", async (sentence, argsOf) => {
    const database = await restore();
    const before = await left(database);
    const theirs = await run(
      join(dirname(python), "mlflow"),
      ["gc", "--backend-store-uri", forMlflow(database), "--tracking-uri", forMlflow(database), ...argsOf(ids)],
      { cwd: folder },
    ).then(
      () => "",
      (error: { stderr: string }) => error.stderr,
    );
    expect(theirs).toMatch(new RegExp(sentence));
    const again = await restore();
    const { code, stderr } = await esteira(again, argsOf(ids));
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(sentence));
    expect(await left(again)).toEqual(before);
  });
});
