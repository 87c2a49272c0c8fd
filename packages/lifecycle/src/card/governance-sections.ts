import type { CardEntry } from "./card.ts";
import type { CardWords } from "./card-words.ts";
import type { Block, Cell, Section } from "./document.ts";
import { type Writing, when } from "./writing.ts";

const BADGES = { passed: "ok", refused: "act", not_enough_evidence: "watch", not_applicable: "info" } as const;

export const outcomeBadge = (outcome: keyof typeof BADGES, { words }: Writing): Cell => ({
  text: `${words.gate}: ${words.status[outcome]}`,
  badge: BADGES[outcome],
});

export function gateSection({ card, words, figures }: Writing): Section | undefined {
  const { gate, parity } = card;
  if (gate === null && parity === null) return undefined;
  const parityText =
    parity &&
    words.parityText({
      engine: parity.against,
      rows: figures.count(parity.rows),
      differing: figures.count(parity.differing),
      ulp: parity.max_ulp === null ? "∞" : figures.count(parity.max_ulp),
    });
  return {
    title: words.gate,
    ...(gate === null ? {} : { note: words.gateNote(gate.name, when(gate.evaluated_at)) }),
    blocks: [
      ...(gate === null
        ? []
        : [
            {
              kind: "table" as const,
              columns: [
                { head: "", isText: true },
                { head: words.check, isText: true },
                { head: words.found, isWideOnly: true, isText: true },
              ],
              rows: gate.checks.map(({ title, status, found }) => [
                { text: words.status[status], badge: BADGES[status] },
                { text: title, language: "en" },
                { text: found, language: "en" },
              ]),
            },
          ]),
      ...(parityText === null ? [] : [{ kind: "text" as const, text: `${words.parity}: ${parityText}` }]),
    ],
  };
}

export function approvalsSection({ card, words }: Writing): Section | undefined {
  const { policy, approvals, promotions, unknown } = card;
  const isUnknown = (fact: string) => unknown.some((missing) => missing.fact === fact);
  if (isUnknown("timeline") && isUnknown("policy")) return undefined;
  const demands =
    policy === null
      ? words.noPolicy
      : words.demands({
          targets: [...policy.aliases.map((alias) => `@${alias}`), ...policy.stages].join(", "),
          approvals: policy.approvals === null ? undefined : `${policy.approvals.count} × ${policy.approvals.role}`,
          evidence: policy.demands_evidence,
        });
  const entries = [...approvals, ...promotions].sort((a, b) => a.sequence - b.sequence);
  return {
    title: words.approvals,
    note: words.approvalsNote,
    blocks: [
      ...(isUnknown("policy") ? [] : [{ kind: "text" as const, text: demands }]),
      ...(isUnknown("timeline")
        ? []
        : [entries.length === 0 ? { kind: "text" as const, text: words.noApprovals } : entryTable(entries, words)]),
    ],
  };
}

const entryTable = (entries: readonly CardEntry[], words: CardWords): Block => ({
  kind: "table",
  columns: [
    { head: "#" },
    { head: words.what, isText: true },
    { head: words.who, isText: true },
    { head: words.when, isText: true, isWideOnly: true },
    { head: words.digest, isText: true, isWideOnly: true },
  ],
  rows: entries.map((entry) => [
    { text: String(entry.sequence) },
    {
      text: entry.what === "" ? entry.action : `${entry.action}: ${entry.what}`,
      ...(entry.reason === null || entry.reason === entry.what ? {} : { more: entry.reason }),
    },
    { text: entry.actor, more: entry.origin === entry.actor ? "" : entry.origin },
    { text: when(entry.at) },
    { text: entry.hash.slice(0, 16), isCode: true },
  ]),
});
