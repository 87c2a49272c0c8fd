import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { removeDisks, resizeDisk, smallDisk } from "../tools/small-disk.ts";
import { runsOf, serving, tagOf } from "./snapshot.ts";
import { LENIENT_GATE, runJob } from "./spawn-job.ts";

afterAll(removeDisks);

const probe = smallDisk("64k");
if (probe === undefined) console.info("skipped: the job on a full disk; it needs Linux and the right to mount (root)");

const ARGS = ["--transfers", "30000", "--trials", "2", "--gate", LENIENT_GATE];

describe.skipIf(probe === undefined)("on a disk that gets full", () => {
  // Full at the database, at a run's first files, at a later run: where exactly is the system's affair.
  test.each(["64k", "1200k", "3m"])(
    "of %s: one sentence, exit 2; with more room the same command ends well",
    async (size) => {
      const disk = smallDisk(size) ?? "";
      const data = join(disk, "data");
      const end = await runJob([...ARGS, "--data", data]);
      expect(end.code, end.stdout + end.stderr).toBe(2);
      expect(end.stderr.trim()).toMatch(/^pix: [^\n]*(full|free)[^\n]*$/i);
      expect(await readdir(data).catch(() => [])).not.toContain("scratch");

      resizeDisk(disk, "64m");
      const again = await runJob([...ARGS, "--data", data]);
      expect(again.code, again.stdout + again.stderr).toBe(0);
      expect((await readdir(data)).filter((name) => /scratch|part|pid/.test(name))).toEqual([]);
      await serving(data, async (client) => {
        const runs = await runsOf(client);
        expect(runs.filter(({ info }) => info.status === "RUNNING")).toEqual([]);
        for (const run of runs) {
          if (run.info.status === "FAILED")
            expect(tagOf(run, "esteira.failure")).toMatch(/full|ended without closing it/i);
        }
      });
    },
  );
});
