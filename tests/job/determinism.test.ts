import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { snapshot } from "./snapshot.ts";
import { LENIENT_GATE, runJob, SMALL } from "./spawn-job.ts";

const folder = await mkdtemp(join(tmpdir(), "esteira-twice-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * All in which two jobs of one seed may differ, besides ids and the times of runs and metrics: when something was made, and
 * how fast the machine was.
 */
function withoutClock(seen: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(seen)) {
    if (/ metric latency_p\d+_ms$/.test(name)) continue;
    // The monitoring report counts a slow machine among its reasons; its pages say in words what monitor.json holds.
    if (/(artifact|report) monitoring-.*\.html$/.test(name) || name.endsWith("tag esteira.monitor.verdict")) continue;
    if (name.endsWith("artifact monitor.json")) {
      const { latency: _speed, verdict: _verdict, reasons, ...rest } = JSON.parse(value);
      kept[name] = JSON.stringify([
        rest,
        reasons.filter(({ code }: { code: string }) => !["latency", "nothingFound"].includes(code)),
      ]);
    } else if (name.endsWith("model artifact MLmodel")) {
      kept[name] = value.replace(/^utc_time_created: .*$/m, "");
    } else if (name.endsWith("model artifact esteira_parity.json")) {
      kept[name] = value.replace(/"comparedAt": ".*"/, "");
    } else if (name.endsWith("gate/verdict.json")) {
      kept[name] = value.replace(/"evaluated_at": \d+/, "");
    } else if (name.endsWith("artifact card/model-card.json")) {
      // The timeline's hashes are over instants.
      kept[name] = value.replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"|"hash": "[0-9a-f]{64}"/g, "");
    } else if (/artifact card\/model-card\..*\.(html|md)$/.test(name)) {
      // They say in words what model-card.json holds.
    } else if (name.endsWith("gate/verdict.md")) {
      kept[name] = value.replace(/ · \d{4}-\d\d-\d\dT[\d:.]+Z<\/sub>/, "");
    } else {
      kept[name] = value;
    }
  }
  return kept;
}

test("two jobs of one seed leave the same ledger, features, models, metrics and artifacts; another seed does not", async () => {
  const job = async (name: string, ...more: string[]) => {
    const data = join(folder, name);
    const end = await runJob([...SMALL, "--gate", LENIENT_GATE, "--data", data, ...more]);
    expect(end.code, end.stdout + end.stderr).toBe(0);
    return withoutClock(await snapshot(data));
  };
  const [first, second] = await Promise.all([job("first"), job("second")]);
  expect(second).toEqual(first);

  // It was a whole job, and what matters most is among the things compared.
  const named = Object.keys(first);
  for (const run of ["random-forest-seed-7", "xgboost-seed-7"]) {
    expect(first[`${run} status`]).toBe("FINISHED");
    expect(first[`${run} param data.ledger_digest`]).toMatch(/^[0-9a-f]{64}$/);
    expect(first[`${run} param features.table_digest`]).toMatch(/^[0-9a-f]{64}$/);
    expect(first[`${run} model artifact model.ubj`]).toMatch(/^[0-9a-f]{64}$/);
    expect(named.filter((name) => name.startsWith(`${run} metric`)).length).toBeGreaterThan(10);
  }
  expect(named.filter((name) => name.startsWith("xgboost-seed-7/trial-1 metric")).length).toBeGreaterThan(2);
  expect(first["version 2"]).toContain('"Production"');

  const other = await job("other", "--seed", "8", "--trainer", "random-forest");
  const digests = ["param data.ledger_digest", "param features.table_digest", "model artifact model.ubj"];
  for (const what of digests) {
    expect(other[`random-forest-seed-8 ${what}`]).toMatch(/^[0-9a-f]{64}$/);
    expect(other[`random-forest-seed-8 ${what}`]).not.toBe(first[`random-forest-seed-7 ${what}`]);
  }
});
