import type { KeptLabel } from "@esteira/monitor/labels/label";
import pc from "picocolors";
import { type Command, type Terminal, text, texts, type Values } from "../command.ts";
import { instantOf, LEDGER, ledgerOf } from "./ledger-option.ts";

export const monitorLabels: readonly Command[] = [
  {
    name: "monitor labels add",
    summary: "Enter a file of labels (.csv, .jsonl, .parquet): all of it or nothing, and the same file twice once",
    arguments: [{ name: "file", summary: "with the columns decision_id and label, and what else is known" }],
    options: [
      LEDGER,
      {
        flags: "--source <source>",
        summary: "where labels are from whose row does not say it: med, dispute, analyst, chargeback",
      },
      {
        flags: "--map <column=name>",
        summary: "what the file calls one of our columns, for example decision_id=transfer",
        repeats: true,
      },
    ],
    run: add,
  },
  {
    name: "monitor labels show",
    summary: "Show what was known at an instant: how many labels, or those of one decision",
    options: [
      LEDGER,
      { flags: "--id <decision>", summary: "all labels of this decision, corrections too" },
      { flags: "--as-of <instant>", summary: "a day or ISO 8601 with its zone; now when absent" },
    ],
    run: show,
  },
];

async function add(values: Values, terminal: Terminal): Promise<number> {
  const { parseColumnMap } = await import("@esteira/monitor/source/mapped-file");
  const { LABEL_COLUMNS, readLabelBatch } = await import("@esteira/monitor/labels/read-batch");
  const { addLabels } = await import("@esteira/monitor/labels/add-labels");
  const { idsWithoutDecision } = await import("@esteira/monitor/labels/waiting-labels");
  const ledger = ledgerOf(values, terminal);
  const now = Date.now();
  const map = parseColumnMap(texts(values, "map"), LABEL_COLUMNS);
  const batch = await readLabelBatch(text(values, "file") ?? "", { map, source: text(values, "source"), now });
  const { added, known, corrections } = await addLabels(ledger, batch, now);
  terminal.out(`${pc.green("✓")} ${added} labels entered, ${corrections} of them corrections; ${known} were known.`);
  const waiting = await idsWithoutDecision(
    ledger,
    batch.map(({ decisionId }) => decisionId),
  );
  if (waiting.size > 0)
    terminal.out(
      `${pc.yellow("!")} ${waiting.size} decisions of them are not in the ledger: their labels are kept, and count when the decisions come.`,
    );
  return 0;
}

async function show(values: Values, terminal: Terminal): Promise<number> {
  const { labelHistory, labelsAsOf } = await import("@esteira/monitor/labels/labels-as-of");
  const ledger = ledgerOf(values, terminal);
  const given = text(values, "asOf");
  const asOf = given === undefined ? Date.now() : instantOf(given, "--as-of");
  const id = text(values, "id");
  if (id !== undefined) {
    const history = (await labelHistory(ledger, id)).filter(({ knownAt }) => knownAt <= asOf);
    if (history.length === 0) terminal.out(`No label of decision '${id}' was known at ${iso(asOf)}.`);
    for (const label of history) terminal.out(lineOf(label));
    return 0;
  }
  const { idsWithoutDecision } = await import("@esteira/monitor/labels/waiting-labels");
  const held = await labelsAsOf(ledger, asOf);
  const counts = new Map<string, number>();
  for (const { source, label } of held.values())
    counts.set(`${source.padEnd(12)} ${label}`, (counts.get(`${source.padEnd(12)} ${label}`) ?? 0) + 1);
  terminal.out(`${held.size} decisions had a label at ${iso(asOf)}.`);
  for (const [name, count] of [...counts].sort()) terminal.out(`  ${name.padEnd(24)} ${count}`);
  const waiting = await idsWithoutDecision(ledger, held.keys());
  if (waiting.size > 0) terminal.out(`  ${waiting.size} of them wait for their decision.`);
  return 0;
}

function lineOf({ revision, label, source, typology, amount, eventTime, reportTime, knownAt }: KeptLabel): string {
  const told = (name: string, value: string | null) => (value === null ? [] : [`${name} ${value}`]);
  return [
    `${revision}. ${label} (${source})`,
    ...told("typology", typology),
    ...told("amount", amount === null ? null : String(amount)),
    ...told("event", eventTime === null ? null : iso(eventTime)),
    ...told("reported", reportTime === null ? null : iso(reportTime)),
    ...told("known", iso(knownAt)),
  ].join(", ");
}

const iso = (instant: number): string => new Date(instant).toISOString();
