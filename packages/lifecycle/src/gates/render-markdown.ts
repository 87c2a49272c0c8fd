import { brief, OUTCOMES, summary } from "./render-terminal.ts";
import type { CheckStatus, GateVerdict } from "./verdict.ts";

const WORDS = {
  passed: "✅ passed",
  refused: "❌ refused",
  not_enough_evidence: "⚠️ not enough evidence",
  not_applicable: "➖ not applicable",
} as const satisfies Record<CheckStatus, string>;

/** For a pull request or a model version's description. */
export function renderGateMarkdown(verdict: GateVerdict): string {
  const rows = verdict.checks.map(
    (check) =>
      `| ${WORDS[check.status]} | ${cell(check.title)} | ${cell(check.found)} | ${check.status === "passed" ? "" : cell(check.reason)} |`,
  );
  const { model, data, gate, code } = verdict.digests;
  return [
    `### Gate ${verdict.gate}: ${OUTCOMES[verdict.outcome]}`,
    "",
    `${summary(verdict)}.`,
    "",
    "| | check | found | |",
    "|---|---|---|---|",
    ...rows,
    "",
    `<sub>model \`${brief(model)}\` · data \`${brief(data)}\` · gate \`${brief(gate)}\` · code \`${brief(code)}\` · ${new Date(verdict.evaluatedAt).toISOString()}</sub>`,
    "",
  ].join("\n");
}

const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/</g, "&lt;").replace(/\s+/g, " ");
