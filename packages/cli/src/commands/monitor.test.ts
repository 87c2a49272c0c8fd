import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Decision } from "@esteira/models/decisions/decision";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { clientFromEnvironment } from "@esteira/sdk/node/tracking-uri";
import { startServer } from "@esteira/server/start";
import { afterEach, describe, expect, it } from "vitest";
import type { Values } from "../command.ts";
import { monitor } from "./monitor.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-monitor-"));
  folders.push(folder);
  return folder;
}

async function run(name: string, values: Values): Promise<{ code: number; out: string; notes: string }> {
  const [out, notes]: [string[], string[]] = [[], []];
  const command = monitor.find((one) => one.name === name);
  const code = await command!.run(values, {
    env: {},
    out: (line) => void out.push(stripVTControlCharacters(line)),
    note: (line) => void notes.push(stripVTControlCharacters(line)),
    interrupted: () => new Promise(() => {}),
  });
  return { code, out: out.join("\n"), notes: notes.join("\n") };
}

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const MODEL = { name: "pix", version: "1", digest: "d".repeat(64), of: "folder" } as const;
const COLUMNS = [{ name: "amount", type: "f64" }] as const;

/** 28 days of decisions, ten a day; the model scores all alike in the second half. */
async function recorded(): Promise<{ ledger: string; decisions: string; folder: string }> {
  const folder = await scratch();
  const decisions = join(folder, "records");
  const log = await openDecisionLog({ folder: decisions, writer: "w" });
  for (let i = 0; i < 2800; i++) {
    const at = START + (i / 100) * DAY;
    const isAlert = i < 1400 && i % 20 === 0;
    const decision: Decision = {
      ...{ id: `t${i}`, at, eventAt: at, subjects: [], model: MODEL, columns: COLUMNS, values: [i % 100] },
      ...{
        params: undefined,
        scorer: "table",
        prediction: 0,
        oddsFactor: null,
        score: isAlert ? 0.9 : (i < 1400 ? i % 10 : 0) / 100,
      },
      ...{ threshold: 0.5, action: isAlert ? "alert" : "allow", reasons: [], latencyMs: 1 },
    };
    log.write(decision);
  }
  await log.close();
  return { folder, decisions, ledger: join(folder, "ledger") };
}

describe("esteira monitor", () => {
  it("collects a log of another service too, once", async () => {
    const folder = await scratch();
    const from = join(folder, "log.csv");
    await writeFile(from, "transfer,when,score,amount\na,2026-01-05T10:00:00Z,0.9,5\nb,2026-01-06T10:00:00Z,0.1,7\n");
    const values = {
      ledger: join(folder, "ledger"),
      from,
      map: ["id=transfer", "at=when"],
      model: "card",
      threshold: "0.5",
    };
    expect((await run("monitor collect", values)).out).toContain("2 decisions collected");
    expect((await run("monitor collect", values)).out).toContain("2 were in the ledger already");
  });

  it("collects, takes labels, and reports on both, as a run too", async () => {
    const { folder, ledger, decisions } = await recorded();
    const collected = await run("monitor collect", { ledger, decisions });
    expect(collected.code).toBe(0);
    expect(collected.out).toBe("✓ 2800 decisions collected, in 28 new files.");
    const file = join(folder, "labels.csv");
    await writeFile(file, "transfer,fraud\nt20,1\nt41,1\nelsewhere,1\n");
    const added = await run("monitor labels add", {
      ledger,
      file,
      source: "med",
      map: ["decision_id=transfer", "label=fraud"],
    });
    expect(added.out).toContain("3 labels entered, 0 of them corrections; 0 were known.");
    expect(added.out).toContain("1 decisions of them are not in the ledger");
    expect((await run("monitor labels show", { ledger })).out).toContain("1 of them wait for their decision");
    expect((await run("monitor labels show", { ledger, id: "t20" })).out).toContain("1. fraud (med), known");

    const server = await startServer({
      ...{ host: "127.0.0.1", port: 0, backendStoreUri: `sqlite:///${join(folder, "mlflow.db")}` },
      artifactsDestination: join(folder, "artifacts"),
    });
    try {
      const told = await run("monitor report", {
        ...{ ledger, lang: "pt-BR", out: join(folder, "report"), trackingUri: server.url, experiment: "watch" },
        ...{ window: "2026-01-15..2026-01-29", referenceWindow: "2026-01-01..2026-01-15", asOf: "2026-01-29" },
      });
      expect(told.code).toBe(3);
      expect(told.out).toMatch(/^AGIR {2}pix versão 1, 15 de jan/);
      expect(told.out.split("\n").length).toBeLessThanOrEqual(14);
      expect((await readdir(join(folder, "report"))).sort()).toEqual([
        "monitor.en.html",
        "monitor.json",
        "monitor.pt-BR.html",
      ]);
      const client = clientFromEnvironment({ MLFLOW_TRACKING_URI: server.url });
      const experiment = await client.experiments.ensure("watch");
      const { items } = await client.runs.search({
        experimentIds: [experiment],
        filter: "tags.`esteira.kind` = 'monitoring' and tags.`esteira.monitor.verdict` = 'act'",
      });
      expect(items).toHaveLength(1);
    } finally {
      await server.close();
    }
  }, 120_000);

  it("says what is missing or contradictory in what it is given", async () => {
    const ledger = await scratch();
    await expect(run("monitor collect", { ledger })).rejects.toThrow("Say where the decisions are: --decisions FOLDER");
    await expect(run("monitor collect", { ledger, model: "pix" })).rejects.toThrow("give the log with --from");
    await expect(run("monitor collect", { ledger, decisions: ledger, from: "a.csv" })).rejects.toThrow(
      "are two sources",
    );
    await expect(run("monitor report", {})).rejects.toThrow("--ledger FOLDER, or ESTEIRA_LEDGER");
    await expect(run("monitor report", { ledger })).rejects.toThrow("There is no ledger in");
    await expect(run("monitor report", { ledger, window: "2026-01-02" })).rejects.toThrow(
      "expected two instants with two dots",
    );
    await expect(run("monitor report", { ledger, window: "2026-01-02..2026-01-01" })).rejects.toThrow(
      "it ends before it begins",
    );
    await expect(run("monitor report", { ledger, asOf: "yesterday" })).rejects.toThrow(
      "--as-of is 'yesterday': expected a day",
    );
    await expect(run("monitor report", { ledger, map: ["score=p"] })).rejects.toThrow("give the file with --reference");
    await expect(
      run("monitor report", { ledger, reference: "a.csv", referenceWindow: "2026-01-01..2026-01-02" }),
    ).rejects.toThrow("are two references");
    await expect(run("monitor collect", { ledger, decisions: ledger, keepDays: "0.5" })).rejects.toThrow(
      "--keep-days is '0.5': expected a whole number above 0",
    );
  });
});
