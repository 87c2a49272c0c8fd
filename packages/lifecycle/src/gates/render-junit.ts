import type { CheckVerdict, GateVerdict } from "./verdict.ts";

/** JUnit XML: one test case a check. A lack of evidence that holds the promotion back is a failure, one that is noted is skipped. */
export function renderGateJunit(verdict: GateVerdict): string {
  const failures = verdict.checks.filter(fails).length;
  const skipped = verdict.checks.filter(isSkipped).length;
  const cases = verdict.checks.map((check) => {
    const open = `    <testcase classname="gate.${attribute(verdict.gate)}.${attribute(check.check)}" name="${attribute(check.title)}">`;
    const inner = fails(check)
      ? `      <failure type="${check.status}" message="${attribute(check.reason)}">${attribute(JSON.stringify(check.evidence))}</failure>\n`
      : isSkipped(check)
        ? `      <skipped message="${attribute(check.reason)}"/>\n`
        : `      <system-out>${attribute(`${check.reason} ${JSON.stringify(check.evidence)}`)}</system-out>\n`;
    return `${open}\n${inner}    </testcase>\n`;
  });
  const counts = `tests="${verdict.checks.length}" failures="${failures}" skipped="${skipped}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="gate ${attribute(verdict.gate)}" ${counts} timestamp="${new Date(verdict.evaluatedAt).toISOString()}">`,
    `${cases.join("")}  </testsuite>`,
    "</testsuites>",
    "",
  ].join("\n");
}

const fails = (check: CheckVerdict): boolean =>
  check.status === "refused" || (check.status === "not_enough_evidence" && check.blocking);

const isSkipped = (check: CheckVerdict): boolean =>
  check.status === "not_applicable" || (check.status === "not_enough_evidence" && !check.blocking);

/** Escaped, and without the characters that XML 1.0 forbids. */
const attribute = (text: string): string =>
  text.replace(/[^\P{Cc}\n\t]/gu, " ").replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
