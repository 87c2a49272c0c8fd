import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { upgradeDatabase } from "@esteira/store/maintenance/upgrade/upgrade-database";
import { newTestDatabase, query } from "@esteira/store/testing/test-database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle, forMlflow } from "./oracle.ts";

const run = promisify(execFile);
const oracle = findOracle();
const script = fileURLToPath(new URL("upgrade.py", import.meta.url));
if ("missing" in oracle) console.info(`skipped: upgrades beside MLflow: ${oracle.missing}`);

describe.skipIf("missing" in oracle)("`esteira db upgrade` beside `mlflow db upgrade`", () => {
  let folder: string;
  let made = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-upgrade-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function python(...args: readonly string[]): Promise<string> {
    const { stdout } = await run("python" in oracle ? oracle.python : "", [script, ...args], { maxBuffer: 1 << 28 });
    return stdout.trim().split("\n").at(-1) ?? "";
  }
  const show = async (uri: string): Promise<object> => JSON.parse(await python("show", forMlflow(uri)));

  /** Two equal databases of a revision. */
  async function two(revision: string): Promise<readonly [string, string]> {
    const uri = await newTestDatabase();
    made += 1;
    if (uri === "sqlite://") {
      const [first, second] = [join(folder, `${made}.db`), join(folder, `${made}-copy.db`)];
      await python("make", `sqlite:///${first}`, revision);
      await copyFile(first, second);
      return [`sqlite:///${first}`, `sqlite:///${second}`];
    }
    await python("make", forMlflow(uri), revision);
    const name = new URL(uri).pathname.slice(1);
    await query(uri.replace(/[^/]*$/, "postgres"), `create database ${name}_copy template ${name}`);
    return [uri, `${uri}_copy`];
  }
  const backup = (): string =>
    process.env.ESTEIRA_TEST_BACKEND === "postgres" ? "before" : join(folder, `${made}.before`);

  it.each([
    ["MLflow 2.0", "97727af70f4d"],
    ["MLflow 2.9", "acf3f17fdcc7"],
    ["MLflow 3.0", "400f98739977"],
    ["the one before ours", "75868b020152"],
  ])("of %s leaves the same rows and the same schema", async (_, revision) => {
    const [theirs, ours] = await two(revision);
    await python("upgrade", forMlflow(theirs));
    const copied = await upgradeDatabase(ours, backup());
    expect(copied).toMatchObject({ experiments: 3, metrics: 3, model_versions: 3 });
    expect(await show(ours)).toEqual(await show(theirs));
    expect(await upgradeDatabase(ours, `${backup()}-2`)).toBeUndefined();
  });
});
