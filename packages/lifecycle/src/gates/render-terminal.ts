import type { CheckStatus, GateVerdict, Outcome } from "./verdict.ts";

/** How the caller's terminal shows a kind of text; the identity where there are no colours. */
export type Style = (kind: "good" | "bad" | "warn" | "dim" | "strong", text: string) => string;

const SIGNS = {
  passed: { sign: "✓", kind: "good" },
  refused: { sign: "✗", kind: "bad" },
  not_enough_evidence: { sign: "?", kind: "warn" },
  not_applicable: { sign: "–", kind: "dim" },
} as const satisfies Record<CheckStatus, { sign: string; kind: Parameters<Style>[0] }>;

export const OUTCOMES = {
  passed: "PASSED",
  refused: "REFUSED",
  not_enough_evidence: "NOT ENOUGH EVIDENCE",
} as const satisfies Record<Outcome, string>;

/** A verdict in as many lines as it has checks: the outcome first, a sentence only where something is wrong. */
export function renderGateTerminal(verdict: GateVerdict, style: Style = (_kind, text) => text): string {
  const kind = verdict.outcome === "passed" ? "good" : verdict.outcome === "refused" ? "bad" : "warn";
  const lines = [
    `${style("strong", `Gate ${verdict.gate}`)}  ${style(kind, OUTCOMES[verdict.outcome])}  ${style("dim", summary(verdict))}`,
    "",
  ];
  const titles = Math.min(48, Math.max(...verdict.checks.map((check) => check.title.length)));
  for (const check of verdict.checks) {
    const { sign, kind } = SIGNS[check.status];
    lines.push(`  ${style(kind, sign)} ${check.title.padEnd(titles)}  ${style(kind, check.found)}`);
    if (check.status === "refused" || check.status === "not_enough_evidence") {
      const note = check.status === "not_enough_evidence" && !check.blocking ? " (noted, does not hold it back)" : "";
      lines.push(`      ${style("dim", check.reason + note)}`);
    }
  }
  const { model, data, gate, code } = verdict.digests;
  lines.push(
    "",
    `  ${style("dim", `model ${brief(model)}  data ${brief(data)}  gate ${brief(gate)}  code ${brief(code)}`)}`,
  );
  return `${lines.join("\n")}\n`;
}

/** `6 passed, 1 refused`. */
export function summary(verdict: GateVerdict): string {
  const words = {
    passed: "passed",
    refused: "refused",
    not_enough_evidence: "without enough evidence",
    not_applicable: "not applicable",
  } as const satisfies Record<CheckStatus, string>;
  const parts: string[] = [];
  for (const [status, word] of Object.entries(words)) {
    const count = verdict.checks.filter((check) => check.status === status).length;
    if (count > 0) parts.push(`${count} ${word}`);
  }
  return parts.join(", ");
}

/** A digest as a person compares it. */
export const brief = (digest: string): string => {
  const bare = digest.replace(/^sha256:/, "");
  return bare.length > 14 ? `${bare.slice(0, 12)}…` : bare;
};
