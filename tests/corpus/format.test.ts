import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { formatMlmodel } from "@esteira/models/format/mlmodel";
import { readModelFolder } from "@esteira/models/format/model-folder";
import { describe, expect, it } from "vitest";
import { casesOf, missing, pythonOf } from "./corpus.ts";

const cases = ["format", "xgboost", "lightgbm"].flatMap(casesOf);
const script = fileURLToPath(new URL("compare_mlmodel.py", import.meta.url));

if (missing !== undefined) it.skip(`MLmodel files are written again (skipped: ${missing})`);

describe.skipIf(cases.length === 0).each(["new", "old"])("MLmodel files of the %s MLflow", (writer) => {
  it("are written again as they were, and MLflow loads them", async () => {
    const scratch = await mkdtemp(join(tmpdir(), "esteira-corpus-"));
    try {
      const own = cases.filter((one) => one.writer === writer);
      const pairs: string[] = [];
      for (const [i, one] of own.entries()) {
        const written = join(scratch, String(i), "MLmodel");
        await mkdir(join(scratch, String(i)));
        await writeFile(written, formatMlmodel(await readModelFolder(join(one.folder, "model"))));
        pairs.push(join(one.folder, "model", "MLmodel"), written);
      }
      const { stdout } = await promisify(execFile)(pythonOf(writer), ["-W", "ignore", script, ...pairs], {
        maxBuffer: 2 ** 26,
        env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true" },
      });
      const verdicts = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as [boolean, boolean][];
      expect(verdicts).toHaveLength(own.length);
      const wrong = own.filter((_, i) => verdicts[i]?.includes(false) !== false).map((one) => one.name);
      expect(wrong).toEqual([]);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
});
