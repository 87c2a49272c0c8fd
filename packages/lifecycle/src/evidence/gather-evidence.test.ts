import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluateBinary } from "@esteira/models/evaluation/evaluate";
import { Random } from "@esteira/models/evaluation/random";
import { tieKey } from "@esteira/models/evaluation/ranking";
import { rocAuc } from "@esteira/models/evaluation/roc-auc";
import type { LoadedModel } from "@esteira/models/flavors/flavor";
import { columnsOf } from "@esteira/models/format/signature";
import { isNumeric } from "@esteira/models/format/table";
import { openRequestLog } from "@esteira/models/serving/request-log";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluateGate } from "../gates/evaluate-gate.ts";
import { parseGate } from "../gates/parse-gate.ts";
import { type Contender, type EvidenceRequest, gatherEvidence } from "./gather-evidence.ts";
import { RowSample } from "./row-sample.ts";

const DAY = 86_400_000;
const T0 = Date.UTC(2026, 5, 1);
const ROWS = 4000;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A model of code: weight * a + noise-free b, by rows and by tables alike. */
function model(weight: number, metadata?: Record<string, unknown>): LoadedModel {
  const score = (a: number, b: number): number => sigmoid(weight * (Number.isNaN(a) ? 0 : a) + 0.3 * b - 4);
  return {
    config: { flavors: {}, ...(metadata === undefined ? {} : { metadata: { esteira: metadata } }) },
    signature: { inputs: columnsOf(["a", "b"], "double").map((spec) => ({ ...spec, required: false })) },
    predict: ({ names, columns, rowCount }) => {
      const [a, b] = ["a", "b"].map((name) => columns[names.indexOf(name)]);
      if (a === undefined || b === undefined || !isNumeric(a) || !isNumeric(b)) throw new TypeError("not numeric");
      return Array.from({ length: rowCount }, (_, row) => score(a[row]!, b[row]!));
    },
    rowScorer: {
      featureNames: ["a", "b"],
      score: (row) => score(row[0]!, row[1]!),
      margin: (row) => weight * row[0]! + 0.3 * row[1]! - 4,
      explain: (row) => Float64Array.of(weight * row[0]!, 0.3 * row[1]!, -4),
    },
  };
}

interface Transfer {
  readonly id: string;
  readonly payer: string;
  readonly amount: number;
  readonly at: number;
  readonly known: number | null;
  readonly fraud: number;
  readonly kind: string | null;
  readonly channel: string;
  readonly a: number;
  readonly b: number;
}

/** Frauds follow `a`; `b` says nothing. */
function transfers(seed: number, from: number, shift = 0): Transfer[] {
  const random = new Random(seed);
  const draw = (): number => random.next32() / 2 ** 32;
  return Array.from({ length: ROWS }, (_, row) => {
    const a = 4 * draw() + shift;
    const fraud = draw() < sigmoid(2 * (a - shift) - 8.5) ? 1 : 0;
    const at = from + Math.floor((row / ROWS) * 20 * DAY);
    return {
      ...{ id: `E${row}`, payer: `c${random.below(900)}`, amount: 10 + Math.floor(500 * draw()), at, fraud, a },
      known: fraud === 1 ? at + 3 * DAY : null,
      kind: fraud === 1 ? (row % 2 === 0 ? "fake_sale" : "account_takeover") : null,
      channel: row % 3 === 0 ? "key" : "qr",
      b: draw(),
    };
  });
}

let folder: string;
const rows = transfers(1, T0);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-evidence-"));
  await write("test", rows);
  await write("training", transfers(2, T0 - 60 * DAY));
  await write("moved", transfers(3, T0 - 60 * DAY, 2));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, of: readonly Transfer[]): Promise<void> {
  const path = (kind: string) => join(folder, `${name}.${kind}`);
  await writeFile(path("jsonl"), of.map((row) => JSON.stringify(row)).join("\n"));
  const names = ["id", "payer", "amount", "at", "known", "fraud", "kind", "channel", "a", "b"] as const;
  const lines = of.map((row) => names.map((column) => row[column] ?? "").join());
  await writeFile(path("csv"), `${names.join()}\n${lines.join("\n")}\n`);
  parquetWriteFile({
    filename: path("parquet"),
    columnData: [
      ...(["id", "payer", "kind", "channel"] as const).map((column) => ({
        name: column,
        data: of.map((row) => row[column]),
        type: "STRING" as const,
      })),
      ...(["at", "known"] as const).map((column) => ({
        name: column,
        data: of.map((row) => (row[column] === null ? null : new Date(row[column]))),
        type: "TIMESTAMP" as const,
      })),
      ...(["amount", "a", "b"] as const).map((column) => ({
        name: column,
        data: Float64Array.from(of, (row) => row[column]),
        type: "DOUBLE" as const,
      })),
      { name: "fraud", data: of.map(({ fraud }) => fraud === 1), type: "BOOLEAN" },
    ],
  });
}

const contender = (name: string, of: LoadedModel): Contender => ({
  ...{ name, folder, model: of, digest: name.padEnd(64, "0") },
});

const GATE = parseGate(`
version: 1
name: test
checks:
  - { check: metric, metric: auc_pr_lift, min: 2 }
  - { check: champion, metric: auc_pr, margin: 0.01, replicates: 200 }
  - { check: baseline, baseline: amount only, metric: auc_pr, proof: superior, replicates: 200 }
  - { check: slice, slice: channel, metric: recall, min: 0.05, support: 20 }
  - { check: slice, slice: typology, metric: recall, min: 0.05, support: 20 }
  - { check: windows, maturity: 20 }
  - { check: leakage, share: 0.999 }
  - { check: drift, psi: 0.1, top: 2 }
  - { check: latency, max: 5, support: 1000 }
  - { check: signature }
`);

const request = (more: Partial<EvidenceRequest> = {}): EvidenceRequest => ({
  gate: GATE,
  gateDigest: "sha256:9a7e",
  candidate: contender("candidate", model(2)),
  champion: contender("champion", model(1.9)),
  data: join(folder, "test.parquet"),
  columns: {
    ...{ label: "fraud", id: "id", amount: "amount", customer: "payer", time: "at", knownAt: "known" },
    ...{ typology: "kind", slices: ["channel"] },
  },
  training: join(folder, "training.parquet"),
  threshold: 0.5,
  asOf: T0 + 60 * DAY,
  code: "abc",
  clock: () => T0 + 61 * DAY,
  ...more,
});

describe("evidence from two models and a file", () => {
  it("lets every check of a gate judge, and the metrics are those of the rows", async () => {
    const evidence = await gatherEvidence(request());
    const verdict = evaluateGate(GATE, evidence);
    expect(verdict.checks.map(({ check, status, reason }) => [check, status, reason])).toEqual(
      verdict.checks.map(({ check, reason }) => [check, "passed", reason]),
    );
    expect(verdict.outcome).toBe("passed");
    const own = model(2);
    const direct = evaluateBinary({
      scores: Float64Array.from(rows, ({ a, b }) => own.rowScorer!.score(Float64Array.of(a, b))),
      labels: Uint8Array.from(rows, ({ fraud }) => fraud),
      amounts: Float64Array.from(rows, ({ amount }) => amount),
      tieKeys: Uint32Array.from(rows, ({ id }) => tieKey(id)),
      threshold: 0.5,
    });
    expect(evidence.evaluation!.metrics).toMatchObject(direct.metrics);
    expect(evidence.windows).toMatchObject({ train: { from: T0 - 60 * DAY }, test: { from: T0 } });
    expect(evidence.champion?.rows.clusters.length).toBe(ROWS);
    expect(new Set(evidence.champion?.rows.clusters).size).toBe(new Set(rows.map(({ payer }) => payer)).size);
    expect(evidence.importance!.map(({ feature }) => feature)).toEqual(["a", "b"]);
    expect(evidence.digests.data).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(evidence.parity).toBeNull();
  });

  it("is the same from each kind of file", async () => {
    const of = async (kind: string) => {
      const {
        digests: _digests,
        latency: _latency,
        ...rest
      } = await gatherEvidence(
        request({ data: join(folder, `test.${kind}`), training: join(folder, `training.${kind}`) }),
      );
      return rest;
    };
    const parquet = await of("parquet");
    expect(await of("csv")).toEqual(parquet);
    expect(await of("jsonl")).toEqual(parquet);
  });

  it("counts no fraud before it was known", async () => {
    const evidence = await gatherEvidence(request({ asOf: T0 + 10 * DAY }));
    const known = rows.filter(({ fraud, known }) => fraud === 1 && known! <= T0 + 10 * DAY).length;
    expect(evidence.evaluation!.positives).toBe(known);
    expect(evaluateGate(GATE, evidence).checks.find(({ check }) => check === "windows")?.status).toBe("refused");
  });

  it("takes the threshold and the weights' correction from what the training wrote into the model", async () => {
    const evidence = await gatherEvidence(
      request({
        threshold: undefined,
        candidate: contender("weighted", model(2, { threshold: 0.25, weight_factor: 0.5 })),
      }),
    );
    expect(evidence.evaluation!.threshold).toBe(0.25);
    const p = model(2).rowScorer!.score(Float64Array.of(rows[0]!.a, rows[0]!.b));
    expect(evidence.champion!.scores.challenger[0]).toBeCloseTo((0.5 * p) / (0.5 * p + 1 - p), 12);
    expect(evidence.champion!.scores.champion[0]).not.toBe(evidence.champion!.scores.challenger[0]);
  });

  it("refuses a model that drifted data, a lack of evidence and a worse model stand against", async () => {
    const found = async (more: Partial<EvidenceRequest>) =>
      Object.fromEntries(
        evaluateGate(GATE, await gatherEvidence(request(more))).checks.map(({ check, status }) => [check, status]),
      );
    expect((await found({ training: join(folder, "moved.csv") })).drift).toBe("refused");
    expect(await found({ training: undefined, champion: undefined })).toMatchObject({
      drift: "not_enough_evidence",
      windows: "not_enough_evidence",
      champion: "not_enough_evidence",
      signature: "not_enough_evidence",
    });
    expect(await found({ champion: null })).toMatchObject({ champion: "not_applicable", signature: "not_applicable" });
    expect((await found({ candidate: contender("worse", model(-2)) })).champion).toBe("refused");
  });

  it("tells of seeds, of responses, of each input by itself and of the file what checks ask for", async () => {
    const gate = parseGate(`
version: 1
name: more
checks:
  - { check: stability, spread: 0.05, models: 2 }
  - { check: monotonic, feature: a, direction: rising }
  - { check: monotonic, feature: nothing, direction: rising, insufficient: note }
  - { check: leakage, share: 0.999, alone: 0.99 }
  - { check: data, rows: 4000, columns: [a, b, payer], missing: 0.01 }
  - { check: cost, budget: 0.05, recovery: 0.1, friction: 0.002, false_alert: 12, alert: 4, margin: 120 }
  - { check: probabilities, brier: 0.1, ece: 0.05 }
`);
    const seeds = [contender("seed 1", model(2.01)), contender("seed 2", model(1.99))];
    const evidence = await gatherEvidence(request({ gate, seeds }));
    const { checks, outcome } = evaluateGate(gate, evidence);
    expect(checks.map(({ check, status, reason }) => [check, status, reason])).toEqual(
      checks.map(({ check, reason }, at) => [check, at === 2 ? "not_enough_evidence" : "passed", reason]),
    );
    expect(outcome).toBe("passed");
    expect(evidence.seeds?.map(({ name }) => name)).toEqual(["seed 1", "seed 2"]);
    expect(evidence.data).toMatchObject({ rows: ROWS, missing: [{ feature: "a", share: 0 }, { feature: "b" }] });
    const aloneA = evidence.alone!.find(({ feature }) => feature === "a")!.auc;
    const columnA = Float64Array.from(rows, ({ a }) => a);
    expect(aloneA).toBeCloseTo(
      rocAuc(
        columnA,
        Uint8Array.from(rows, ({ fraud }) => fraud),
      ),
      12,
    );
    const against = await gatherEvidence(request({ gate, candidate: contender("worse", model(-2)), seeds }));
    const statuses = evaluateGate(gate, against).checks.map(({ check, status }) => [check, status]);
    expect(statuses.slice(0, 2)).toEqual([
      ["stability", "refused"],
      ["monotonic", "refused"],
    ]);
  });

  it("counts the rows on which an input was known too late", async () => {
    const lines = rows.map((row, at) => {
      const late = at % 1000 === 999 ? 2 * DAY : -DAY;
      return JSON.stringify({ ...row, a_at: at === 0 ? null : row.at + late, b_at: new Date(row.at) });
    });
    await writeFile(join(folder, "told.jsonl"), lines.join("\n"));
    const gate = (known: string) =>
      parseGate(`{ version: 1, name: known, checks: [{ check: leakage, share: 0.999, known: { ${known} } }] }`);
    const judged = async (known: string, more: Partial<EvidenceRequest> = {}) => {
      const asked = request({ gate: gate(known), data: join(folder, "told.jsonl"), ...more });
      return evaluateGate(asked.gate, await gatherEvidence(asked)).checks[0]!;
    };
    expect(await judged("b: b_at, c: a_at")).toMatchObject({ status: "passed" });
    expect(await judged("a: a_at, b: b_at")).toMatchObject({
      status: "refused",
      evidence: { feature: "a", column: "a_at", told: ROWS - 1, late: ROWS / 1000, longest_hours: 48 },
    });
    const timeless = { columns: { label: "fraud", slices: [] } };
    expect((await judged("b: b_at", timeless)).status).toBe("not_enough_evidence");
    await expect(judged("b: b_on")).rejects.toThrow("has no column 'b_on'");
    await expect(judged("b: channel")).rejects.toThrow(/row 1, column 'channel': '(key|qr)' is no instant/);
  });

  it("asks the model again what its service has logged", async () => {
    const own = model(2);
    const log = await mkdtemp(join(folder, "log-"));
    const write = async (of: LoadedModel, version: string, redact: readonly string[] = []) => {
      const requests = await openRequestLog({ folder: log, sample: 1, redact, writer: version });
      for (let row = 0; row < 60; row += 2) {
        const two = rows.slice(row, row + 2);
        const table = {
          names: ["a", "b"],
          columns: [Float64Array.from(two, ({ a }) => a), Float64Array.from(two, ({ b }) => b)],
          rowCount: 2,
        };
        requests.write({
          ...{ status: 200, rows: 2, seconds: 0.001, requestId: `r${row}` },
          scored: {
            ...{ table, params: undefined, predictions: of.predict(table), variant: "primary" },
            identity: { name: "pix", version },
          },
        });
      }
      await requests.close();
    };
    await write(own, "7");
    const gate = parseGate("{ version: 1, name: served, checks: [{ check: served, rows: 60 }] }");
    const judged = async (more: Partial<EvidenceRequest> = {}) => {
      const evidence = await gatherEvidence(request({ gate, requests: log, ...more }));
      return evaluateGate(gate, evidence).checks[0]!;
    };
    expect(await judged()).toMatchObject({ status: "passed", found: "60 rows, 0 differ" });
    expect((await judged({ candidate: contender("models:/pix/8", own) })).status).toBe("not_enough_evidence");
    expect((await judged({ candidate: contender("other", model(2.1)) })).status).toBe("refused");
    await write(model(3), "8", ["a"]);
    expect(await judged({ candidate: contender("models:/pix/7", own) })).toMatchObject({
      status: "passed",
      evidence: { unusable: 60 },
    });
    await expect(judged({ requests: join(folder, "nowhere") })).rejects.toThrow("holds no log of requests");
  });

  it.each<[string, Partial<EvidenceRequest>, string]>([
    ["no threshold", { threshold: undefined }, "does not say at which score it alerts"],
    ["a file of another kind", { data: "x.txt" }, "is no file of rows by its name"],
    ["a file that is not there", { data: "nowhere.csv" }, "there is no such file"],
    ["a column that is not there", { columns: { label: "fraude", slices: [] } }, "has no column 'fraude': it has id"],
    ["a column that is no label", { columns: { label: "amount", slices: [] } }, "row 1, column 'amount': "],
    [
      "a column that is no instant",
      { columns: { label: "fraud", time: "channel", slices: [] } },
      "row 1, column 'channel': 'key' is no instant",
    ],
    ["one class only", { asOf: T0 - DAY }, "known fraud"],
    [
      "answers that are no probabilities",
      { candidate: contender("wild", { ...model(1), predict: ({ rowCount }) => new Array(rowCount).fill(7) }) },
      "wild answers 7 for",
    ],
  ])("says what is wrong with %s", async (_name, more, sentence) => {
    await expect(gatherEvidence(request(more))).rejects.toThrow(sentence);
  });
});

it("a sample of a long file is spread over it, and bounded", () => {
  const sample = new RowSample(100);
  for (let row = 0; row < 12_345; row++) sample.offer(() => Float64Array.of(row));
  const kept = [...sample.column(0)];
  expect(kept.length).toBeGreaterThanOrEqual(50);
  expect(kept.length).toBeLessThanOrEqual(100);
  const gaps = new Set(kept.slice(1).map((row, at) => row - kept[at]!));
  expect([...gaps]).toEqual([128]);
});
