import { readFileSync } from "node:fs";
import { EsteiraError } from "@esteira/core/errors";
import { averagePrecision } from "@esteira/models/evaluation/average-precision";
import { evaluateBinary } from "@esteira/models/evaluation/evaluate";
import { Random } from "@esteira/models/evaluation/random";
import { tieKeysOf } from "@esteira/models/evaluation/ranking";
import { thresholdForBudget } from "@esteira/models/evaluation/threshold";
import type { ColumnSpec, ModelSignature } from "@esteira/models/format/signature";
import type { ParitySummary } from "@esteira/models/verification/parity-report";
import { describe, expect, it } from "vitest";
import { summariseLatency } from "../monitoring/latency.ts";
import { evaluateGate } from "./evaluate-gate.ts";
import type { GateEvidence } from "./evidence.ts";
import { gateJsonSchema } from "./json-schema.ts";
import { gateDigest, parseGate } from "./parse-gate.ts";
import { renderGateJunit } from "./render-junit.ts";
import { renderGateMarkdown } from "./render-markdown.ts";
import { renderGateTerminal } from "./render-terminal.ts";
import { EXIT, exitCodeOf } from "./verdict.ts";
import { renderGateJson } from "./verdict-wire.ts";

const DAY = 86_400_000;
const at = (day: number) => Date.UTC(2026, 0, 1) + day * DAY;

/** Rows with two models of equal skill but for `edge`, which the challenger adds to its frauds' scores. */
function twoModels(n: number, { edge = 0, prevalence = 0.02, seed = 1, noise = 0.5 } = {}) {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const labels = new Uint8Array(n);
  const clusters = new Int32Array(n);
  const days = new Int32Array(n);
  const champion = new Float64Array(n);
  const challenger = new Float64Array(n);
  const amounts = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    labels[row] = uniform() < prevalence ? 1 : 0;
    clusters[row] = random.below(n / 4);
    days[row] = Math.floor((row * 14) / n);
    const z = normal() + 2.2 * labels[row]! - 5;
    const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));
    champion[row] = sigmoid(z + noise * normal());
    challenger[row] = sigmoid(z + noise * normal() + edge * labels[row]!);
    amounts[row] = 100 + 900 * uniform();
  }
  return { labels, clusters, days, champion, challenger, amounts, tieKeys: tieKeysOf(n, (row) => `t${row}`) };
}

function evidenceOf(rows: ReturnType<typeof twoModels>, more: Partial<GateEvidence> = {}): GateEvidence {
  const typology = Uint8Array.from(rows.labels, (label, row) => (label === 0 ? 0 : row % 50 === 0 ? 2 : 1));
  return {
    digests: { model: `sha256:${"a".repeat(64)}`, data: "sha256:dada", gate: "sha256:9a7e", code: "89fe3de" },
    evaluatedAt: at(200),
    evaluation: evaluateBinary({
      scores: rows.challenger,
      labels: rows.labels,
      amounts: rows.amounts,
      tieKeys: rows.tieKeys,
      threshold: thresholdForBudget(rows.challenger, 0.02),
      typology,
      typologyNames: ["none", "T1_account_takeover", "T9_coercion"],
      slices: { channel: { codes: Uint8Array.from(rows.labels, (_, row) => row % 2), names: ["app", "web"] } },
    }),
    champion: {
      name: "models:/pix-fraud/3",
      digest: "sha256:c4a3",
      rows: rows,
      days: rows.days,
      scores: { champion: rows.champion, challenger: rows.challenger },
    },
    baselines: [
      {
        name: "amount only",
        digest: null,
        rows,
        days: rows.days,
        scores: { champion: rows.amounts, challenger: rows.challenger },
      },
    ],
    importance: [
      { feature: "amount_log", gain: 40 },
      { feature: "p_in_degree_24h", gain: 60 },
    ],
    windows: {
      train: { from: at(0), to: at(60) },
      validation: { from: at(60), to: at(75) },
      test: { from: at(75), to: at(90) },
      asOf: at(125),
      latestTrainingLabel: at(74),
    },
    drift: [
      { feature: "amount_log", psi: 0.02, expectedPsi: 0.001, importance: 0.4 },
      { feature: "unused", psi: 3, expectedPsi: 0.001, importance: 0 },
    ],
    latency: summariseLatency(Float64Array.from({ length: 2000 }, (_, i) => 0.1 + i / 2000)),
    ...more,
  };
}

const rows = twoModels(20_000, { edge: 0.6 });
const evidence = evidenceOf(rows);
const gateOf = (checks: string) => parseGate(`version: 1\nname: pix-fraud\nchecks:\n${checks}`);
const judge = (check: string, more: Partial<GateEvidence> = {}) =>
  evaluateGate(gateOf(`  - ${check}\n`), { ...evidence, ...more }).checks[0]!;

describe("parseGate", () => {
  const faultsOf = (text: string): string => {
    try {
      parseGate(text);
    } catch (error) {
      if (error instanceof EsteiraError) return error.message;
      throw error;
    }
    throw new Error("the gate was accepted");
  };

  it("fills in what is not written", () => {
    expect(gateOf("  - { check: champion, metric: recall, budget: 0.005 }\n").checks[0]).toEqual({
      check: "champion",
      metric: "recall",
      budget: 0.005,
      proof: "not_worse",
      margin: 0.01,
      confidence: 0.95,
      replicates: 1000,
      resample: "customers",
      seed: 1,
      support: 100,
      insufficient: "block",
    });
  });

  it("says every fault with its line and column", () => {
    const text = [
      "version: 1",
      "name: pix",
      "owner: me",
      "checks:",
      "  - check: metric",
      "    metric: auc_pr",
      "    minimum: 0.2",
      "  - check: magic",
      "  - check: leakage",
      "    share: 7",
      "",
    ].join("\n");
    expect(faultsOf(text).split("\n")).toEqual([
      "gate.yaml:3:1: the gate has no setting owner; a gate has version, name, description, checks",
      "gate.yaml:5:12: checks[0].check: give min, max or both; without a limit the check would pass whatever the value is",
      "gate.yaml:7:5: checks[0] has no setting minimum; a metric check has metric, min, max, support, insufficient",
      "gate.yaml:8:12: checks[1].check is magic; known checks are metric, champion, baseline, slice, calibration, leakage, windows, drift, latency, memory, parity, signature, cost, probabilities, stability, monotonic, fairness, data, served, image",
      expect.stringMatching(/^gate\.yaml:10:12: checks\[2\]\.share: /),
    ]);
  });

  it("refuses limits that say nothing, cannot be kept or contradict each other", () => {
    const fault = (checks: string) => faultsOf(`version: 1\nname: x\nchecks:\n${checks}`);
    expect(fault("  - { check: metric, metric: f1 }")).toMatch(/:4:14: .*give min, max or both/);
    expect(fault("  - { check: metric, metric: f1, min: 0.9, max: 0.1 }")).toMatch(/min 0.9 is above max 0.1/);
    expect(fault("  - { check: metric, metric: f1, min: 0.9 }\n  - { check: metric, metric: f1, max: 0.1 }")).toMatch(
      /:5:30: .*contradicts an earlier check of f1/,
    );
    expect(fault("  - { check: metric, metric: recall_at_0.5pct, min: 25 }")).toMatch(
      /:4:30: .*min 25 can never be reached: recall_at_0.5pct is 1 at most/,
    );
    expect(fault("  - { check: metric, metric: brier, max: -0.1 }")).toMatch(/can never be kept: brier is 0 at least/);
    const slice = "check: slice, slice: channel, support: 9";
    expect(fault(`  - { ${slice}, min: 0.6 }\n  - { ${slice}, max: 0.5 }`)).toMatch(
      /^gate\.yaml:5:.*contradicts an earlier check of recall of channel/,
    );
    expect(() => gateOf(`  - { ${slice}, min: 0.6, except: [web] }\n  - { ${slice}, max: 0.5 }`)).not.toThrow();
    expect(() => gateOf("  - { check: metric, metric: auc_pr_lift, min: 25 }\n")).not.toThrow();
    expect(fault("  - { check: champion, metric: recall }")).toMatch(/recall needs a budget/);
    expect(fault("  - { check: champion, metric: auc_pr, budget: 0.1 }")).toMatch(/does not depend on an alert budget/);
    expect(fault("  - { check: calibration }")).toMatch(/at least one of ece, top and ratio/);
    expect(fault("  - { check: calibration, ratio: { min: 2, max: 1 } }")).toMatch(/no value can pass/);
  });

  it("refuses what is no YAML, nothing, or a gate without checks", () => {
    expect(faultsOf("checks: [")).toMatch(/^gate\.yaml:1:10: /);
    expect(faultsOf("")).toMatch(/^gate\.yaml:1:1: /);
    expect(faultsOf("version: 1\nname: x\nchecks: []\n")).toMatch(/^gate\.yaml:3:9: checks: /);
    expect(faultsOf("version: 2\nname: x\nname: y\nchecks: []\n")).toMatch(/:3:1: Map keys must be unique/);
  });

  it("binds evidence to the text", () => {
    expect(gateDigest("a")).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(gateDigest("a")).not.toBe(gateDigest("a "));
  });
});

it("the published JSON Schema is the one that the code has (npm run schema -w packages/lifecycle)", () => {
  const published = readFileSync(new URL("../../schema/gate.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(gateJsonSchema());
});

describe("checks", () => {
  it("metric: within and outside its limits, missing, too few frauds", () => {
    expect(judge("{ check: metric, metric: auc_roc, min: 0.5, max: 1 }").status).toBe("passed");
    expect(judge("{ check: metric, metric: auc_roc, min: 0.999 }")).toMatchObject({
      status: "refused",
      reason: expect.stringContaining("below the limit of 0.999"),
    });
    expect(judge("{ check: metric, metric: nonsense, min: 0 }").status).toBe("not_enough_evidence");
    expect(judge("{ check: metric, metric: auc_roc, min: 0, support: 100000 }").status).toBe("not_enough_evidence");
    const { evaluation: _evaluation, ...bare } = evidence;
    expect(evaluateGate(gateOf("  - { check: metric, metric: f1, min: 0 }"), bare).outcome).toBe("not_enough_evidence");
  });

  it("champion: a better candidate passes, a worse one is refused, in recall and in money", () => {
    for (const metric of ["recall", "value_recall", "precision"]) {
      const check = `{ check: champion, metric: ${metric}, budget: 0.02, replicates: 400 }`;
      expect(judge(check).status, metric).toBe("passed");
      const swapped = {
        ...evidence.champion!,
        scores: { champion: rows.challenger, challenger: rows.champion },
      };
      const worse = judge(check, { champion: swapped });
      expect(worse.status, metric).toBe("refused");
      expect(worse.evidence.delta).toBeLessThan(0);
      expect(worse.evidence.lower_bound).toBeLessThan(-0.01);
    }
    expect(judge("{ check: champion, metric: auc_pr, proof: superior, replicates: 400 }").status).toBe("passed");
  });

  it("champion: an identical model is not worse, yet neither better nor superior", () => {
    const same = { ...evidence.champion!, scores: { champion: rows.champion, challenger: rows.champion } };
    const check = (proof: string) =>
      judge(`{ check: champion, metric: recall, budget: 0.02, replicates: 200, margin: 0, proof: ${proof} }`, {
        champion: same,
      }).status;
    expect(check("not_worse")).toBe("passed");
    expect(check("better")).toBe("refused");
    expect(check("superior")).toBe("refused");
  });

  it("champion: none yet is not applicable, too few frauds and no comparison are no evidence", () => {
    const check = "{ check: champion, metric: recall, budget: 0.02, replicates: 200 }";
    expect(judge(check, { champion: null })).toMatchObject({ status: "not_applicable", found: "no champion yet" });
    expect(judge("{ check: champion, metric: recall, budget: 0.02, support: 5000 }").status).toBe(
      "not_enough_evidence",
    );
    const { champion: _champion, ...without } = evidence;
    expect(evaluateGate(gateOf(`  - ${check}`), without).outcome).toBe("not_enough_evidence");
  });

  it("champion: the widest of customers and days is the lower bound of the two", () => {
    const bound = (resample: string) =>
      judge(`{ check: champion, metric: recall, budget: 0.02, replicates: 300, resample: ${resample} }`).evidence
        .lower_bound;
    expect(bound("widest")).toBe(Math.min(Number(bound("customers")), Number(bound("days"))));
  });

  it("slice: a floor, groups too small to judge, exceptions said", () => {
    expect(judge("{ check: slice, slice: channel, min: 0.1 }").status).toBe("passed");
    expect(judge("{ check: slice, slice: channel, min: 0.99 }").status).toBe("refused");
    const small = judge("{ check: slice, slice: typology, min: 0.1 }");
    expect(small.status).toBe("not_enough_evidence");
    expect(small.reason).toMatch(/T9_coercion \(\d+\)/);
    expect(judge("{ check: slice, slice: typology, min: 0.1, except: [T9_coercion] }").status).toBe("passed");
    expect(judge("{ check: slice, slice: channel, metric: fpr, max: 0.0001 }").status).toBe("refused");
    expect(judge("{ check: slice, slice: nowhere, min: 0.1 }").status).toBe("not_enough_evidence");
  });

  it("calibration: what the scores promise against what came", () => {
    expect(judge("{ check: calibration, ece: 0.5 }").status).toBe("passed");
    expect(judge("{ check: calibration, ratio: { min: 0.99, max: 1.01 } }").status).toBe("refused");
    expect(judge("{ check: calibration, top: 0.0001, ece: 0.00001 }").reason).toMatch(/calibration error .*top 1 %/);
    expect(judge("{ check: calibration, ece: 0.5, support: 99999 }").status).toBe("not_enough_evidence");
  });

  it("leakage: one feature with nearly all the gain", () => {
    expect(judge("{ check: leakage }").status).toBe("passed");
    const leak = judge("{ check: leakage }", {
      importance: [
        { feature: "refunded", gain: 97 },
        { feature: "amount_log", gain: 3 },
      ],
    });
    expect(leak).toMatchObject({ status: "refused", found: "refunded 97 %" });
    expect(judge("{ check: leakage }", { importance: [] }).status).toBe("not_enough_evidence");
  });

  it("windows: overlap, young labels, labels of the future", () => {
    expect(judge("{ check: windows, maturity: 30 }").status).toBe("passed");
    expect(judge("{ check: windows, maturity: 90 }").reason).toMatch(/35 days old and 90 are asked/);
    const windows = evidence.windows!;
    expect(judge("{ check: windows }", { windows: { ...windows, train: { from: at(0), to: at(61) } } }).reason).toMatch(
      /training ends 2026-03-03, after validation begins/i,
    );
    expect(judge("{ check: windows }", { windows: { ...windows, latestTrainingLabel: at(80) } }).status).toBe(
      "refused",
    );
    expect(judge("{ check: windows }", { windows: { ...windows, test: { from: at(90), to: at(80) } } }).reason).toMatch(
      /window is empty/i,
    );
  });

  it("baseline: beyond chance above something simple; the same scores are not; an unknown name is no evidence", () => {
    const check = "{ check: baseline, baseline: amount only, metric: auc_pr, proof: superior, replicates: 200 }";
    expect(judge(check)).toMatchObject({ status: "passed", title: "auc_pr above amount only" });
    const same = { ...evidence.baselines![0]!, scores: { champion: rows.challenger, challenger: rows.challenger } };
    const refused = judge(check, { baselines: [same] });
    expect(refused.status).toBe("refused");
    expect(refused.reason).toMatch(/of amount only: .* asked: better than the baseline/);
    const unknown = judge("{ check: baseline, baseline: magic, metric: auc_pr }");
    expect(unknown.status).toBe("not_enough_evidence");
    expect(unknown.reason).toMatch(/The baseline magic \(there are amount only\) was not given/);
    const { baselines: _baselines, ...without } = evidence;
    expect(evaluateGate(gateOf(`  - ${check}\n`), without).outcome).toBe("not_enough_evidence");
  });

  it("drift: a feature that must move is judged unless the gate excepts it, and is in the evidence then", () => {
    const drift = evidence.drift!.map((row) => ({ ...row, inherent: row.feature === "unused" }));
    expect(judge("{ check: drift, psi: 0.1, top: 5 }", { drift }).status).toBe("refused");
    const found = judge("{ check: drift, psi: 0.1, top: 5, inherent: except }", { drift });
    expect(found).toMatchObject({ status: "passed", found: "highest amount_log 0.02, 1 that must move excepted" });
    expect(found.evidence).toMatchObject({ "unused (must move)": 3 });
    const all = drift.map((row) => ({ ...row, inherent: true }));
    expect(judge("{ check: drift, inherent: except }", { drift: all }).status).toBe("not_enough_evidence");
  });

  it("drift: only features that matter, and not what small samples show by themselves", () => {
    expect(judge("{ check: drift, psi: 0.1, top: 1 }").status).toBe("passed");
    expect(judge("{ check: drift, psi: 0.1, top: 5 }").status).toBe("refused");
    const small = [{ feature: "a", psi: 0.3, expectedPsi: 0.2, importance: 1 }];
    expect(judge("{ check: drift, psi: 0.25 }", { drift: small }).status).toBe("passed");
    expect(judge("{ check: drift }", { drift: [] }).status).toBe("not_enough_evidence");
  });

  it("latency: the quantile, and enough requests", () => {
    expect(judge("{ check: latency, max: 2 }").status).toBe("passed");
    expect(judge("{ check: latency, max: 0.5 }").status).toBe("refused");
    expect(judge("{ check: latency, max: 2, support: 9999 }").status).toBe("not_enough_evidence");
  });
});

describe("verdict", () => {
  const gate = gateOf(
    [
      "  - { check: metric, metric: auc_pr, min: 0.05 }",
      "  - { check: champion, metric: recall, budget: 0.02, replicates: 200 }",
      "  - { check: slice, slice: typology, min: 0.1, insufficient: note }",
      "  - { check: latency, max: 2 }",
    ].join("\n"),
  );

  it("passes with a noted lack of evidence and no champion, and shows both", () => {
    const verdict = evaluateGate(gate, { ...evidence, champion: null });
    expect(verdict.outcome).toBe("passed");
    expect(exitCodeOf(verdict.outcome)).toBe(EXIT.passed);
    const text = renderGateTerminal(verdict);
    expect(text.split("\n")[0]).toBe("Gate pix-fraud  PASSED  2 passed, 1 without enough evidence, 1 not applicable");
    expect(text).toMatch(/no champion yet/);
    expect(text).toMatch(/noted, does not hold it back/);
    expect(text).toMatch(/model aaaaaaaaaaaa… {2}data dada {2}gate 9a7e {2}code 89fe3de/);
    expect(text.split("\n").length).toBeLessThan(12);
  });

  it("a blocking lack of evidence is never a pass, and a refusal outweighs it", () => {
    const strict = gateOf("  - { check: slice, slice: typology, min: 0.1 }\n  - { check: latency, max: 2 }");
    expect(evaluateGate(strict, evidence).outcome).toBe("not_enough_evidence");
    expect(exitCodeOf("not_enough_evidence")).toBe(3);
    const refusing = gateOf("  - { check: slice, slice: typology, min: 0.1 }\n  - { check: latency, max: 0.1 }");
    expect(evaluateGate(refusing, evidence).outcome).toBe("refused");
  });

  it("a gate in which nothing could be judged has proved nothing", () => {
    const only = gateOf("  - { check: champion, metric: auc_pr }");
    expect(evaluateGate(only, { ...evidence, champion: null }).outcome).toBe("not_enough_evidence");
  });

  it("colours by the caller's style alone", () => {
    const verdict = evaluateGate(gate, evidence);
    expect(renderGateTerminal(verdict, (kind, text) => `<${kind}>${text}</${kind}>`)).toContain("<good>PASSED</good>");
  });

  it("as JSON is snake_case and finite, as Markdown a table, as JUnit counts what fails", () => {
    const refused = evaluateGate(
      gateOf("  - { check: metric, metric: 'a<b|c', min: 0.5 }\n  - { check: latency, max: 0.1 }"),
      evidence,
    );
    const wire = JSON.parse(renderGateJson(refused));
    expect(wire).toMatchObject({ gate: "pix-fraud", outcome: "refused", evaluated_at: at(200) });
    expect(wire.checks[1]).toMatchObject({ status: "refused", evidence: { requests: 2000 } });
    const markdown = renderGateMarkdown(refused);
    expect(markdown).toContain("### Gate pix-fraud: REFUSED");
    expect(markdown).toContain("a&lt;b\\|c");
    const junit = renderGateJunit(refused);
    expect(junit).toContain('tests="2" failures="2" skipped="0"');
    expect(junit).toContain("a&#60;b|c");
    expect(renderGateJunit(evaluateGate(gate, { ...evidence, champion: null }))).toContain('failures="0" skipped="2"');
  });
});

describe("the parity check", () => {
  const report: ParitySummary = {
    ...{ format: "esteira-parity/1", against: "spark", digest: "a".repeat(64), comparedAt: "2026-07-10T00:00:00Z" },
    ...{ rows: 40, refused: 3, differing: 2, incomparable: 0, maxUlp: 1, maxRelative: 1e-16, passed: true },
  };
  const found = (more: Partial<ParitySummary> | null, check = "{ check: parity, against: spark, days: 30 }") =>
    judge(check, { parity: more === null ? null : { ...report, ...more } });

  it("passes a fresh report of this very model within the limits", () => {
    expect(found({})).toMatchObject({ status: "passed", found: "2 of 37 differ, 1 ulp" });
    expect(found({}, "{ check: parity, differing: 2 }").status).toBe("passed");
  });

  it.each<[string, Partial<ParitySummary> | null, string, string]>([
    ["no report", null, "{ check: parity }", "No parity report lies beside"],
    ["another model's", { digest: "b".repeat(64) }, "{ check: parity }", "not of this one"],
    ["an old one", { comparedAt: "2026-06-01T00:00:00Z" }, "{ check: parity }", "days old, and 30 are allowed"],
    ["one of tomorrow", { comparedAt: "2026-12-01T00:00:00Z" }, "{ check: parity }", "after this judgement"],
    ["one against another engine", {}, "{ check: parity, against: python }", "compares with spark"],
    ["answers too far apart", { maxUlp: 2 }, "{ check: parity }", "2 ulp apart, and 1 are allowed"],
    ["an endless distance", { maxUlp: Infinity }, "{ check: parity, ulp: 1000 }", "Infinity ulp apart"],
    ["too many rows that differ", {}, "{ check: parity, differing: 1 }", "2 rows differ, and 1 are allowed"],
    ["a row that one engine refuses", { incomparable: 1 }, "{ check: parity }", "1 rows cannot be compared"],
  ])("refuses %s", (_name, more, check, reason) => {
    expect(found(more, check)).toMatchObject({ status: "refused", reason: expect.stringContaining(reason) });
  });

  it("finds too little in a few rows, or where nobody looked", () => {
    expect(found({ rows: 10 })).toMatchObject({ status: "not_enough_evidence", found: "7 rows" });
    expect(judge("{ check: parity }")).toMatchObject({ status: "not_enough_evidence", found: "no evidence" });
  });
});

describe("the signature check", () => {
  const column = (name: string, type: ColumnSpec["type"], required = true): ColumnSpec => ({
    ...{ kind: "column", name, type, required },
  });
  const champion: ModelSignature = {
    inputs: [column("amount", "double"), column("hour", "integer"), column("city", "string", false)],
    outputs: [column("score", "double")],
    params: [{ name: "top", type: "long", default: 3, shape: null }],
  };
  const found = (more: Partial<ModelSignature>) =>
    judge("{ check: signature }", { signatures: { candidate: { ...champion, ...more }, champion } });

  it("passes what the champion's callers can call: fewer columns, wider types, new optional ones", () => {
    expect(found({}).status).toBe("passed");
    expect(found({ inputs: [column("amount", "double")] }).status).toBe("passed");
    expect(found({ inputs: [column("hour", "long"), column("new", "double", false)] }).status).toBe("passed");
  });

  it.each<[string, Partial<ModelSignature>, string]>([
    ["a new required column", { inputs: [column("age", "double")] }, "input age is new and required"],
    ["a narrower type", { inputs: [column("amount", "float")] }, "input amount was double and is float"],
    ["one that had been optional", { inputs: [column("city", "string")] }, "input city was optional and is required"],
    ["another answer", { outputs: [column("label", "long")] }, "the answer is of another kind"],
    ["a parameter that is gone", { params: [] }, "the parameter top is gone"],
  ])("refuses %s", (_name, more, reason) => {
    const finding = found(more);
    expect(finding).toMatchObject({ status: "refused", found: reason });
    expect(finding.reason.toLowerCase()).toBe(`${reason.toLowerCase()}.`);
  });

  it("has nothing to say without a champion, and too little without signatures", () => {
    const signatures = (candidate: ModelSignature | undefined, of: ModelSignature | undefined | null) =>
      judge("{ check: signature }", { signatures: { candidate, champion: of } }).status;
    expect(signatures(champion, null)).toBe("not_applicable");
    expect(signatures(undefined, champion)).toBe("not_enough_evidence");
    expect(signatures(champion, undefined)).toBe("not_enough_evidence");
  });
});

describe("false passes of the champion comparison, by simulation", () => {
  const worlds = 60;
  const passes = (check: string, edge: number) => {
    let passed = 0;
    for (let seed = 1; seed <= worlds; seed++) {
      const world = twoModels(2_000, { prevalence: 0.08, seed, edge });
      const champion = {
        name: "c",
        digest: "d",
        rows: world,
        scores: { champion: world.champion, challenger: world.challenger },
      };
      if (judge(check, { champion }).status === "passed") passed++;
    }
    return passed / worlds;
  };

  it("an equally good model is found superior about as often as the confidence allows", () => {
    const rate = passes("{ check: champion, metric: auc_pr, proof: superior, replicates: 200, confidence: 0.9 }", 0);
    // 10 % is nominal; 21 % is three standard errors above it.
    expect(rate).toBeLessThan(0.215);
    expect(rate).toBeGreaterThan(0.01);
  });

  it("one that is worse by just the margin passes no more often than that, and with room to it does", () => {
    const edge = -0.3;
    const large = twoModels(200_000, { prevalence: 0.08, seed: 1000, edge });
    const [champion, challenger] = [large.champion, large.challenger].map((scores) =>
      averagePrecision(scores, large.labels),
    );
    const worse = champion! - challenger!;
    expect(worse).toBeGreaterThan(0.02);
    const within = (margin: number) =>
      passes(`{ check: champion, metric: auc_pr, replicates: 200, confidence: 0.9, margin: ${margin} }`, edge);
    expect(within(worse)).toBeLessThan(0.215);
    expect(within(3 * worse)).toBeGreaterThan(0.9);
  });

  it("a clearly better one is nearly always found", () => {
    expect(
      passes("{ check: champion, metric: auc_pr, proof: superior, replicates: 200, confidence: 0.9 }", 0.6),
    ).toBeGreaterThan(0.9);
  });
});
