import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labelHistory, labelsAsOf } from "@esteira/monitor/labels/labels-as-of";
import { collectDecisions } from "@esteira/monitor/ledger/collect";
import { listDays, listParts } from "@esteira/monitor/ledger/parts";
import { readRows } from "@esteira/monitor/ledger/read-rows";
import { bundleScript, killAfter } from "@esteira/store/testing/killed-process";
import { expect, test } from "vitest";

const ROUNDS = 200;
const NOW = Date.UTC(2026, 0, 11);

test("of two hundred kills none loses, doubles or halves decisions or labels that were acknowledged", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-ledger-kill-"));
  const script = join(folder, "writer.mjs");
  await bundleScript(new URL("ledger-writer.ts", import.meta.url), script);
  const decided = new Set<string>();
  const labelled = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, [script, folder, String(round)], { stdio: ["ignore", "pipe", "inherit"] });
    // In any of its steps.
    for (const line of await killAfter(child, Math.random() * 250, 1 + Math.floor(Math.random() * 3))) {
      const [what, ...ids] = line.split(" ");
      for (const id of ids) (what === "decisions" ? decided : labelled).add(id);
    }
  }
  const places = { ledger: join(folder, "ledger"), decisions: join(folder, "records") };
  const { faults, missed } = await collectDecisions({ ...places, now: NOW });
  expect({ faults, missed }).toEqual({ faults: [], missed: 0 });
  const rows = await idsOf(places.ledger);
  expect(new Set(rows).size).toBe(rows.length);
  const kept = new Set(rows);
  expect([...decided].filter((id) => !kept.has(id))).toEqual([]);
  const labels = await labelsAsOf(places.ledger, NOW);
  expect([...labelled].filter((id) => !labels.has(id))).toEqual([]);
  const batches = new Map<string, number>();
  for (const [id, { revision }] of labels) {
    const batch = id.split("-").slice(0, 2).join("-");
    batches.set(batch, (batches.get(batch) ?? 0) + 1);
    expect(revision).toBe(1);
  }
  expect([...batches.values()].filter((count) => count !== 5)).toEqual([]);
  const [first = ""] = labels.keys();
  expect(await labelHistory(places.ledger, first)).toHaveLength(1);
  console.log(`${decided.size} decisions and ${labelled.size} labels acknowledged in ${ROUNDS} rounds`);
  expect(decided.size).toBeGreaterThan(ROUNDS);
  await rm(folder, { recursive: true });
}, 1_800_000);

async function idsOf(ledger: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const day of await listDays(ledger))
    for (const part of await listParts(ledger, day))
      for await (const { rowCount, cells } of readRows(part, (name) => name === "id"))
        for (let row = 0; row < rowCount; row++) ids.push(String(cells("id")?.[row]));
  return ids;
}
