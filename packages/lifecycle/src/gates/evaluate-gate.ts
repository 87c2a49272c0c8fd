import { baselineCheck } from "./checks/baseline.ts";
import { calibrationCheck } from "./checks/calibration.ts";
import { championCheck } from "./checks/champion.ts";
import { costCheck } from "./checks/cost.ts";
import { dataCheck } from "./checks/data.ts";
import { driftCheck } from "./checks/drift.ts";
import { fairnessCheck } from "./checks/fairness.ts";
import { imageCheck } from "./checks/image.ts";
import { latencyCheck } from "./checks/latency.ts";
import { leakageCheck } from "./checks/leakage.ts";
import { memoryCheck } from "./checks/memory.ts";
import { metricCheck } from "./checks/metric.ts";
import { monotonicCheck } from "./checks/monotonic.ts";
import { parityCheck } from "./checks/parity.ts";
import { probabilitiesCheck } from "./checks/probabilities.ts";
import { servedCheck } from "./checks/served.ts";
import { signatureCheck } from "./checks/signature.ts";
import { sliceCheck } from "./checks/slice.ts";
import { stabilityCheck } from "./checks/stability.ts";
import { windowsCheck } from "./checks/windows.ts";
import type { GateEvidence } from "./evidence.ts";
import { CATALOGUE, type CheckSettings, type Gate } from "./gate.ts";
import { type CheckVerdict, type Finding, type GateVerdict, outcomeOf } from "./verdict.ts";

/** The verdict of a gate on its evidence. Pure: the same gate and evidence give the same verdict. */
export function evaluateGate(gate: Gate, evidence: GateEvidence): GateVerdict {
  const checks = gate.checks.map((settings): CheckVerdict => {
    const { title, finding } = judge(settings, evidence);
    return {
      check: settings.check,
      title,
      proves: CATALOGUE[settings.check].proves,
      blocking: settings.insufficient === "block",
      ...finding,
    };
  });
  return {
    gate: gate.name,
    outcome: outcomeOf(checks),
    checks,
    digests: evidence.digests,
    evaluatedAt: evidence.evaluatedAt,
  };
}

/** Spelled out by kind, so that each check gets its own settings' type. */
function judge(settings: CheckSettings, evidence: GateEvidence): { title: string; finding: Finding } {
  switch (settings.check) {
    case "metric":
      return { title: metricCheck.title(settings), finding: metricCheck.judge(settings, evidence) };
    case "champion":
      return { title: championCheck.title(settings), finding: championCheck.judge(settings, evidence) };
    case "baseline":
      return { title: baselineCheck.title(settings), finding: baselineCheck.judge(settings, evidence) };
    case "slice":
      return { title: sliceCheck.title(settings), finding: sliceCheck.judge(settings, evidence) };
    case "calibration":
      return { title: calibrationCheck.title(settings), finding: calibrationCheck.judge(settings, evidence) };
    case "leakage":
      return { title: leakageCheck.title(settings), finding: leakageCheck.judge(settings, evidence) };
    case "windows":
      return { title: windowsCheck.title(settings), finding: windowsCheck.judge(settings, evidence) };
    case "drift":
      return { title: driftCheck.title(settings), finding: driftCheck.judge(settings, evidence) };
    case "latency":
      return { title: latencyCheck.title(settings), finding: latencyCheck.judge(settings, evidence) };
    case "memory":
      return { title: memoryCheck.title(settings), finding: memoryCheck.judge(settings, evidence) };
    case "parity":
      return { title: parityCheck.title(settings), finding: parityCheck.judge(settings, evidence) };
    case "signature":
      return { title: signatureCheck.title(settings), finding: signatureCheck.judge(settings, evidence) };
    case "cost":
      return { title: costCheck.title(settings), finding: costCheck.judge(settings, evidence) };
    case "probabilities":
      return { title: probabilitiesCheck.title(settings), finding: probabilitiesCheck.judge(settings, evidence) };
    case "stability":
      return { title: stabilityCheck.title(settings), finding: stabilityCheck.judge(settings, evidence) };
    case "monotonic":
      return { title: monotonicCheck.title(settings), finding: monotonicCheck.judge(settings, evidence) };
    case "fairness":
      return { title: fairnessCheck.title(settings), finding: fairnessCheck.judge(settings, evidence) };
    case "data":
      return { title: dataCheck.title(settings), finding: dataCheck.judge(settings, evidence) };
    case "served":
      return { title: servedCheck.title(settings), finding: servedCheck.judge(settings, evidence) };
    case "image":
      return { title: imageCheck.title(settings), finding: imageCheck.judge(settings, evidence) };
  }
}
