import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Decision } from "@esteira/models/decisions/decision";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { eraseDecisions } from "@esteira/models/decisions/erase";
import { labelHistory, labelsAsOf } from "@esteira/monitor/labels/labels-as-of";
import { collectDecisions } from "@esteira/monitor/ledger/collect";
import { createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Values } from "../command.ts";
import { monitorReview } from "./review-command.ts";

const DAY = 86_400_000;
const MODEL = { name: "pix", version: "1", digest: "d".repeat(64), of: "folder" } as const;
const COLUMNS = [
  { name: "amount", type: "f64" },
  { name: "channel", type: "any" },
] as const;

let folder: string;
let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-review-"));
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0, backendStoreUri: `sqlite:///${join(folder, "mlflow.db")}` },
    artifactsDestination: join(folder, "artifacts"),
  });
  await createClient({ baseUrl: server.url }).registeredModels.create({ name: "pix" });
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function review(values: Values): Promise<string> {
  const out: string[] = [];
  await monitorReview.run(values, {
    env: { MLFLOW_TRACKING_URI: server.url },
    out: (line) => void out.push(stripVTControlCharacters(line)),
    note: () => {},
    interrupted: () => new Promise(() => {}),
  });
  return out.join("\n");
}

const decision = (id: string, at: number, change: Partial<Decision> = {}): Decision => ({
  ...{ id, at, eventAt: at - 50, subjects: ["ana"], model: MODEL, columns: COLUMNS, values: [20.5, "app"] },
  ...{ params: undefined, scorer: "table", prediction: 0.75, oddsFactor: null, score: 0.75, threshold: 0.5 },
  ...{ action: "alert", latencyMs: 1 },
  reasons: [
    { feature: "amount", value: 20.5, contribution: 1.25, text: { en: "amount", "pt-BR": "valor" } },
    { feature: "channel", value: Number.NaN, contribution: 0.5, text: { en: "channel", "pt-BR": "canal" } },
  ],
  ...change,
});

describe("esteira monitor review", () => {
  it("brings alerts to analysts and their words into the ledger, each once, and takes away what is old or erased", async () => {
    const [ledger, decisions] = [join(folder, "ledger"), join(folder, "records")];
    const { reviews } = createClient({ baseUrl: server.url });
    const now = Date.now();
    const log = await openDecisionLog({ folder: decisions, writer: "w" });
    log.write(decision("new", now - DAY));
    log.write(decision("other", now - DAY, { subjects: ["bob"] }));
    log.write(decision("calm", now - DAY, { action: "allow", score: 0.1 }));
    log.write(decision("old", now - 3 * DAY));
    await log.close();
    await collectDecisions({ ledger, decisions, now });

    const values = { ledger, amount: "amount", days: "7", capacity: "50" };
    expect(await review(values)).toBe(
      "✓ 0 labels of analysts entered, 0 of them corrections; 0 were known.\n✓ 3 alerts of pix are in the queue, 3 of them new.",
    );
    const { queue, reviews: listed } = await reviews.list("pix", { order: "newest" });
    expect(queue).toMatchObject({ capacity: 50, currency: "BRL" });
    expect(listed.map(({ decisionId }) => decisionId)).toEqual(["new", "other", "old"]);
    expect(listed[0]).toMatchObject({
      ...{ version: "1", decidedAt: now - DAY, eventAt: now - DAY - 50, score: 0.75, threshold: 0.5, amount: 20.5 },
      reasons: [
        { feature: "amount", contribution: 1.25, value: "20.5" },
        { feature: "channel", contribution: 0.5, value: "app" },
      ],
      subjects: [expect.stringMatching(/^[0-9a-f]{32}$/)],
    });

    const judge = (decisionId: string, revision: number, judgement?: "fraud" | "legitimate" | "inconclusive") =>
      reviews.judge(
        "pix",
        { decisionId, revision },
        { judgement, typology: judgement === "fraud" ? "mule" : undefined },
      );
    await judge("new", 0, "fraud");
    await judge("old", 0, "inconclusive");
    expect(await review(values)).toContain("2 labels of analysts entered");
    expect(await review(values)).toContain("0 labels of analysts entered, 0 of them corrections; 2 were known.");
    const held = await labelsAsOf(ledger, Date.now());
    expect([...held.keys()]).toEqual(["new"]);
    expect(held.get("new")).toMatchObject({ label: "fraud", source: "analyst", typology: "mule" });

    // Put back after it became a label: the label does not hold any more, and both stay written.
    await judge("new", 1);
    expect(await review(values)).toContain("1 labels of analysts entered, 1 of them corrections");
    expect((await labelsAsOf(ledger, Date.now())).size).toBe(0);
    expect((await labelHistory(ledger, "new")).map(({ label }) => label)).toEqual(["fraud", "inconclusive"]);

    // A model that is shown log(1 + amount) and nothing else of it has alerts with amounts, too.
    await review({ ledger, logAmount: "amount", days: "7" });
    const logs = (await reviews.list("pix")).reviews.map(({ amount }) => amount);
    expect(logs).toEqual(Array.from({ length: 3 }, () => Math.expm1(20.5)));

    await eraseDecisions({ of: "id", id: "other" }, { folder: decisions, by: "ana", reason: "asked", now: Date.now() });
    await collectDecisions({ ledger, decisions, now });
    expect(await review({ ...values, days: "2" })).toMatch(/2 alerts of pix are in the queue.*\n {2}1 were taken away/);
    const left = (await reviews.list("pix", { order: "newest" })).reviews;
    expect(left.map(({ decisionId, erased }) => [decisionId, erased])).toEqual([
      ["new", undefined],
      ["other", true],
    ]);
    expect(left[1]).toMatchObject({ subjects: [], reasons: [] });
    expect(left[1]).not.toHaveProperty("amount");
  }, 60_000);

  it("says what is missing", async () => {
    const terminal = { env: {}, out: () => {}, note: () => {}, interrupted: () => new Promise<never>(() => {}) };
    await expect(monitorReview.run({}, terminal)).rejects.toThrow("--tracking-uri URI, or MLFLOW_TRACKING_URI");
    await expect(review({ ledger: join(folder, "none") })).rejects.toThrow("There is no ledger in");
    await expect(review({ ledger: join(folder, "none"), days: "0" })).rejects.toThrow("--days is '0'");
  });
});
