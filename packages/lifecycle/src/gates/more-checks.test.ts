import { EsteiraError } from "@esteira/core/errors";
import { brier, ece } from "@esteira/models/evaluation/calibration";
import { realisedCost } from "@esteira/models/evaluation/cost";
import { evaluateBinary } from "@esteira/models/evaluation/evaluate";
import { Random } from "@esteira/models/evaluation/random";
import { tieKeysOf } from "@esteira/models/evaluation/ranking";
import { thresholdForBudget } from "@esteira/models/evaluation/threshold";
import { describe, expect, it } from "vitest";
import { evaluateGate } from "./evaluate-gate.ts";
import type { GateEvidence } from "./evidence.ts";
import { parseGate } from "./parse-gate.ts";

const ROWS = 12_000;
const random = new Random(4);
const uniform = () => (random.next32() + 0.5) / 2 ** 32;
const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

/** Probabilities that are true, as one model sees them; another sees them through noise. */
const logits = Float64Array.from({ length: ROWS }, () => 1.6 * normal() - 5);
const good = logits.map(sigmoid);
const labels = Uint8Array.from(good, (p) => (uniform() < p ? 1 : 0));
const noisy = logits.map((z) => sigmoid(z + 1.5 * normal()));
const amounts = Float64Array.from(labels, () => 50 + 400 * uniform());
const rows = {
  labels,
  amounts,
  tieKeys: tieKeysOf(ROWS, (row) => `t${row}`),
  clusters: Int32Array.from({ length: ROWS }, () => random.below(3000)),
};
const band = {
  codes: Uint8Array.from(labels, (_, row) => (row % 400 === 0 ? 2 : row % 2)),
  names: ["young", "old", "few"],
};
const rival = (champion: Float64Array, challenger: Float64Array): NonNullable<GateEvidence["champion"]> => ({
  ...{ name: "models:/pix/3", digest: "sha256:c4", rows, scores: { champion, challenger } },
});
const evaluation = evaluateBinary({ ...rows, scores: good, threshold: 0.05, slices: { band } });
const evidence: GateEvidence = {
  digests: { model: "sha256:aa", data: `sha256:${"d".repeat(64)}`, gate: "g", code: "c" },
  evaluatedAt: 0,
  evaluation,
  champion: rival(noisy, good),
};
const gateOf = (check: string) => parseGate(`version: 1\nname: pix\nchecks:\n  - ${check}\n`);
const judge = (check: string, more: Partial<GateEvidence> = {}) =>
  evaluateGate(gateOf(check), { ...evidence, ...more }).checks[0]!;
const faultOf = (...checks: string[]): string => {
  try {
    parseGate(`version: 1\nname: pix\nchecks:\n${checks.map((check) => `  - ${check}\n`).join("")}`);
  } catch (error) {
    if (error instanceof EsteiraError) return error.message;
    throw error;
  }
  throw new Error("the gate was accepted");
};

describe("the memory check", () => {
  const MEMORY = "{ check: memory, max: 128 }";

  it("passes within the limit, refuses beyond it, and says when too little was asked", () => {
    const of = (peakMiB: number, requests = 520) => judge(MEMORY, { memory: { peakMiB, requests } });
    expect(of(128)).toMatchObject({ status: "passed", found: "128 MiB", evidence: { requests: 520 } });
    expect(of(128.5)).toMatchObject({
      status: "refused",
      reason: expect.stringContaining("128.5 MiB at most over 520"),
    });
    expect(of(1, 199)).toMatchObject({ status: "not_enough_evidence" });
    expect(judge(MEMORY)).toMatchObject({ status: "not_enough_evidence" });
    expect(faultOf("{ check: memory, max: 0 }")).toContain("max");
  });
});

describe("the cost check", () => {
  const COST = "check: cost, budget: 0.02, recovery: 0.08, friction: 0.002, false_alert: 12, alert: 4, support: 50";

  it("passes who costs less and refuses who costs more, by the money of the alerts", () => {
    const passed = judge(`{ ${COST} }`);
    expect(passed.status, passed.reason).toBe("passed");
    const refused = judge(`{ ${COST} }`, { champion: rival(good, noisy) });
    expect(refused.status, refused.reason).toBe("refused");
    expect(refused.evidence.cost_more).toBeCloseTo(-Number(passed.evidence.cost_more), 9);
    expect(judge(`{ ${COST}, margin: 100000 }`, { champion: rival(good, noisy) }).status).toBe("passed");
    // The same money as a threshold with as many alerts would have cost.
    const costs = {
      recovery: 0.08,
      margin: 0.002,
      falseAlert: 12,
      alert: 4,
      stepUp: 0,
      stepUpStops: 0,
      stepUpAbandon: 0,
    };
    const at = realisedCost({ scores: good, labels, amounts }, thresholdForBudget(good, 0.02), costs);
    expect(passed.evidence.saving).toBeCloseTo((1000 * (at.totalWithoutModel - at.total)) / ROWS, 6);
  });

  it("lets an equal model pass, and says where nothing can be said", () => {
    expect(judge(`{ ${COST} }`, { champion: rival(good, good) }).status).toBe("passed");
    expect(judge(`{ ${COST} }`, { champion: null }).status).toBe("not_applicable");
    expect(judge(`{ ${COST.replace("support: 50", "support: 100000")} }`).status).toBe("not_enough_evidence");
    expect(judge(`{ ${COST}, resample: days }`).status).toBe("not_enough_evidence");
    const free = { ...rival(noisy, good), rows: { ...rows, amounts: new Float64Array(ROWS) } };
    expect(judge(`{ ${COST} }`, { champion: free })).toMatchObject({
      status: "not_enough_evidence",
      found: "no amounts",
    });
  });
});

describe("the probabilities check", () => {
  const CHECK = "{ check: probabilities, brier: 0.02, ece: 0.002, support: 50 }";

  it("compares Brier score and calibration error with the champion's", () => {
    const passed = judge(CHECK);
    expect(passed.status, passed.reason).toBe("passed");
    expect(passed.evidence).toMatchObject({ brier: brier(good, labels), champion_ece: ece(noisy, labels) });
    const refused = judge(CHECK, { champion: rival(good, noisy) });
    expect(refused.status).toBe("refused");
    expect(refused.reason).toMatch(/^The Brier score is .* beside|^The Brier score is .*; the calibration error is /);
    expect(judge(CHECK, { champion: rival(good, good) }).status).toBe("passed");
  });

  it("says where there is no champion, or too few frauds", () => {
    expect(judge(CHECK, { champion: null }).status).toBe("not_applicable");
    expect(judge(CHECK.replace("50", "50000")).status).toBe("not_enough_evidence");
    expect(faultOf("{ check: probabilities }")).toMatch(/gate\.yaml:4:14: .*give brier, ece or both/);
  });
});

describe("the stability check", () => {
  const CHECK = "{ check: stability, metric: auc_pr, spread: 0.02, models: 2 }";
  const seed = (name: string, off: number) => ({
    ...{ name, digest: `sha256:${name}` },
    metrics: { auc_pr: evaluation.metrics.auc_pr! + off },
  });

  it("passes seeds that agree, and refuses a lucky draw", () => {
    expect(judge(CHECK, { seeds: [seed("s1", 0.005), seed("s2", -0.005)] }).status).toBe("passed");
    expect(judge(CHECK, { seeds: [seed("s1", -0.05), seed("s2", -0.04)] })).toMatchObject({
      status: "refused",
      reason: expect.stringContaining("over 3 seeds, 0.05 apart; 0.02 is allowed"),
    });
  });

  it("counts no model twice, and not the candidate itself", () => {
    const itself = { ...seed("s1", 0), digest: evidence.digests.model };
    expect(judge(CHECK, { seeds: [seed("s1", 0), seed("s1", 0), itself] })).toMatchObject({
      status: "not_enough_evidence",
      found: "1 other seeds",
    });
    expect(judge(CHECK).status).toBe("not_enough_evidence");
    expect(judge(CHECK, { seeds: [seed("s1", 0), { ...seed("s2", 0), metrics: {} }] }).found).toBe("not measured");
  });
});

describe("the monotonic check", () => {
  const CHECK = "check: monotonic, feature: amount, direction: rising";
  const response = (falls: number[], values = 20) => ({
    responses: [{ feature: "amount", values, falls: Float64Array.from(falls), rises: new Float64Array(falls.length) }],
  });
  const flat = new Array<number>(200).fill(0);

  it("refuses a step the other way, but for what is tolerated", () => {
    expect(judge(`{ ${CHECK} }`, response(flat)).status).toBe("passed");
    const broken = response(flat.with(7, 0.01));
    expect(judge(`{ ${CHECK} }`, broken)).toMatchObject({ status: "refused", found: "1 of 200 rows the other way" });
    expect(judge(`{ ${CHECK}, tolerance: 0.02 }`, broken).status).toBe("passed");
    expect(judge(`{ ${CHECK}, share: 0.01 }`, broken).status).toBe("passed");
    expect(judge("{ check: monotonic, feature: amount, direction: falling }", broken).status).toBe("passed");
  });

  it("says where too little was tried", () => {
    expect(judge(`{ ${CHECK} }`).status).toBe("not_enough_evidence");
    expect(judge(`{ ${CHECK} }`, response(flat.slice(0, 5))).status).toBe("not_enough_evidence");
    expect(judge(`{ ${CHECK} }`, response(flat, 1)).status).toBe("not_enough_evidence");
    expect(faultOf(`{ ${CHECK} }`, "{ check: monotonic, feature: amount, direction: falling }")).toMatch(
      /gate\.yaml:5:53: .*contradicts an earlier check of amount/,
    );
  });
});

describe("the fairness check", () => {
  it("sets the groups beside each other, and a small one is too little evidence, never a pass", () => {
    const small = judge("{ check: fairness, slice: band, ratio: 3, support: 100 }");
    expect(small).toMatchObject({ status: "not_enough_evidence", found: "2 alike, 1 too small" });
    expect(judge("{ check: fairness, slice: band, gap: 0.5, support: 10 }").status).toBe("passed");
    const refused = judge("{ check: fairness, slice: band, gap: 0.000001, support: 100 }");
    expect(refused.status).toBe("refused");
    expect(refused.reason).toMatch(
      /^fpr goes from (young|old) .* to (young|old) .*: .* apart, and 0\.000001 is allowed\.$/,
    );
    expect(judge("{ check: fairness, slice: region, gap: 0.5 }").status).toBe("not_enough_evidence");
    expect(judge("{ check: fairness, slice: band, gap: 0.5, support: 100000 }").status).toBe("not_enough_evidence");
    expect(faultOf("{ check: fairness, slice: band }")).toMatch(/gate\.yaml:4:14: .*give gap, ratio or both/);
    expect(faultOf("{ check: fairness, slice: band, gap: 0 }")).toMatch(/gate\.yaml:4:42: /);
  });
});

describe("the data check", () => {
  const data = { rows: ROWS, columns: ["amount", "hour"], missing: [{ feature: "hour", share: 0.1 }] };

  it("holds digest, rows, columns and empty cells", () => {
    const good = `{ check: data, digest: "${"d".repeat(64)}", rows: 100, columns: [amount, hour], missing: 0.2 }`;
    expect(judge(good, { data }).status).toBe("passed");
    expect(judge(good).status).toBe("not_enough_evidence");
    for (const [setting, fault] of [
      [`digest: "${"e".repeat(64)}"`, /^Its digest is sha256:d+, and not e+\.$/],
      ["rows: 100000", /^It has 12000 rows, and 100000 are asked\.$/],
      ["columns: [device]", /^It has no column device\.$/],
      ["missing: 0.05", /^Empty are 10 % of hour\.$/],
    ] as const) {
      const refused = judge(`{ check: data, ${setting} }`, { data });
      expect(refused.status).toBe("refused");
      expect(refused.reason).toMatch(fault);
    }
    expect(faultOf("{ check: data }")).toMatch(/gate\.yaml:4:14: .*give at least one of digest/);
    expect(faultOf("{ check: data, digest: abc }")).toMatch(/gate\.yaml:4:28: .*64 hexadecimal digits/);
    const [one, other] = ["d", "e"].map((digit) => `{ check: data, digest: "${digit.repeat(64)}" }`);
    expect(faultOf(one!, other!)).toMatch(/gate\.yaml:5:28: .*no file has two digests/);
  });
});

describe("the served check", () => {
  const served = (differences: number[]) => ({ served: { differences: Float64Array.from(differences), unusable: 3 } });

  it("refuses answers that differ from those logged, and passes no handful", () => {
    const same = new Array<number>(150).fill(0);
    expect(judge("{ check: served }", served(same)).status).toBe("passed");
    expect(judge("{ check: served }", served(same.with(3, 0.2)))).toMatchObject({
      status: "refused",
      found: "1 of 150 rows differ",
    });
    expect(judge("{ check: served }", served(same.with(3, Number.POSITIVE_INFINITY))).status).toBe("refused");
    expect(judge("{ check: served, differing: 1 }", served(same.with(3, 0.2))).status).toBe("passed");
    expect(judge("{ check: served }", served([0, 0])).status).toBe("not_enough_evidence");
    expect(judge("{ check: served }").status).toBe("not_enough_evidence");
  });
});

describe("the leakage check", () => {
  const importance = [
    { feature: "a", gain: 1 },
    { feature: "b", gain: 1 },
  ];

  it("refuses an input that ranks the frauds by itself", () => {
    const alone = [
      { feature: "a", auc: 0.7 },
      { feature: "chargeback_day", auc: 0.998 },
    ];
    expect(judge("{ check: leakage, share: 0.9, alone: 0.98 }", { importance, alone })).toMatchObject({
      status: "refused",
      found: "chargeback_day alone 0.998",
    });
    expect(judge("{ check: leakage, share: 0.9 }", { importance, alone }).status).toBe("passed");
    expect(judge("{ check: leakage, share: 0.9, alone: 0.98 }", { importance }).status).toBe("not_enough_evidence");
    expect(judge("{ check: leakage, alone: 0.98 }", { importance, alone: alone.slice(0, 1) }).status).toBe("passed");
    expect(faultOf("{ check: leakage, alone: 0.4 }")).toMatch(/gate\.yaml:4:30: /);
  });

  it("refuses an input that became known after what its row is about, however little it tells", () => {
    const check = "{ check: leakage, share: 0.9, known: { a: a_at, b: b_at } }";
    const told = (feature: string, more: object = {}) => ({
      ...{ feature, column: `${feature}_at`, told: 1000, late: 0, longest: 0, ...more },
    });
    expect(judge(check, { importance, knownLate: [told("a"), told("b")] })).toMatchObject({ status: "passed" });
    expect(
      judge(check, { importance, knownLate: [told("a"), told("b", { late: 3, longest: 5_400_000 })] }),
    ).toMatchObject({
      status: "refused",
      reason:
        "b became known after the row's own time on 3 of 1000 rows (b_at), by up to 1.5 hours: it comes from the future.",
    });
    // What the model has not is nothing to judge; what is told nowhere, or without times, is.
    expect(judge(check, { importance, knownLate: [told("a")] }).status).toBe("passed");
    expect(judge(check, { importance, knownLate: [told("a"), told("b", { told: 0 })] })).toMatchObject({
      status: "not_enough_evidence",
      reason: expect.stringContaining("When b became known"),
    });
    expect(judge(check, { importance }).status).toBe("not_enough_evidence");
  });
});
