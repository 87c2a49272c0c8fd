import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { bytesOf, columnOf, KINDS, type Kind, kindOf } from "./column-file.ts";
import { digestColumns } from "./digest.ts";
import type { Ledger, NumericColumn } from "./ledger.ts";

const MANIFEST = "ledger.json";
const GROUPS = ["transfers", "labels", "slices"] as const;
const manifestWire = z.object({
  version: z.literal(1),
  rows: z.number().int(),
  accounts: z.number().int(),
  devices: z.number().int(),
  utcOffset: z.number(),
  typologies: z.array(z.string()),
  sliceNames: z.object({ payerAgeBand: z.array(z.string()).optional(), payerRegion: z.array(z.string()).optional() }),
  origin: z.object({
    kind: z.enum(["simulated", "file"]),
    description: z.string(),
    digest: z.string(),
    source: z.record(z.string(), z.unknown()),
    trueToLedgerPrevalence: z.number(),
  }),
  columns: z.array(z.object({ group: z.enum(GROUPS), name: z.string(), kind: z.enum(KINDS) })),
});

/**
 * Writes a ledger as files: `ledger.json` with what is one for all rows, and the name and type of each column; each column's bytes,
 * little-endian, in `GROUP.NAME.bin`; the names of transfers, accounts and devices as lines of text.
 */
export async function writeLedger(ledger: Ledger, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { rows, accounts, devices, utcOffset, typologies, sliceNames, origin } = ledger;
  const columns: { group: (typeof GROUPS)[number]; name: string; kind: Kind }[] = [];
  for (const group of GROUPS) {
    const entries: [string, NumericColumn][] = Object.entries(ledger[group]);
    for (const [name, column] of entries) {
      columns.push({ group, name, kind: kindOf(column) });
      await writeFile(join(folder, `${group}.${name}.bin`), bytesOf(column));
    }
  }
  const lines = (count: number, text: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => text(at)).join("\n");
  await writeFile(join(folder, "ids.txt"), lines(rows, ledger.idOf));
  await writeFile(join(folder, "accounts.txt"), lines(accounts, ledger.accountOf));
  await writeFile(join(folder, "devices.txt"), lines(devices, ledger.deviceOf));
  const manifest = { version: 1, rows, accounts, devices, utcOffset, typologies, sliceNames, origin, columns };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Reads what `writeLedger` has written.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a folder that is none, and where the columns' digest is not that of the manifest.
 */
export async function readLedger(folder: string): Promise<Ledger> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch((error: unknown) => {
    throw invalid(
      `'${folder}' holds no ledger (${error instanceof Error ? error.message : String(error)}): expected a folder that the step 'prepare' has written.`,
    );
  });
  const { columns, version, sliceNames, ...manifest } = manifestWire.parse(JSON.parse(text));
  const groups: Record<(typeof GROUPS)[number], Record<string, NumericColumn>> = {
    transfers: {},
    labels: {},
    slices: {},
  };
  for (const { group, name, kind } of columns)
    groups[group][name] = columnOf(kind, await readFile(join(folder, `${group}.${name}.bin`)));
  const [ids, accountNames, deviceNames] = await Promise.all(
    ["ids.txt", "accounts.txt", "devices.txt"].map(async (file) =>
      (await readFile(join(folder, file), "utf8")).split("\n"),
    ),
  );
  const { transfers, labels, slices } = groups;
  const { time, payer, payee, amountCents } = transfers;
  const { fraud, knownAt, reportedAt, typology, truth } = labels;
  if (
    time === undefined ||
    payer === undefined ||
    payee === undefined ||
    amountCents === undefined ||
    !(fraud instanceof Uint8Array) ||
    !(knownAt instanceof Float64Array) ||
    !(reportedAt instanceof Float64Array) ||
    !(typology instanceof Uint8Array)
  )
    throw invalid(`The ledger in '${folder}' lacks a column that every ledger has: prepare it again.`);
  const { payerAgeBand, payerRegion } = slices;
  const ledger: Ledger = {
    ...manifest,
    transfers: { ...transfers, time, payer, payee, amountCents },
    labels: { fraud, knownAt, reportedAt, typology, ...(truth instanceof Uint8Array ? { truth } : {}) },
    slices: {
      ...(payerAgeBand instanceof Uint8Array ? { payerAgeBand } : {}),
      ...(payerRegion instanceof Uint8Array ? { payerRegion } : {}),
    },
    sliceNames: {
      ...(sliceNames.payerAgeBand === undefined ? {} : { payerAgeBand: sliceNames.payerAgeBand }),
      ...(sliceNames.payerRegion === undefined ? {} : { payerRegion: sliceNames.payerRegion }),
    },
    idOf: (row) => ids?.[row] ?? "",
    accountOf: (index) => accountNames?.[index] ?? "",
    deviceOf: (index) => deviceNames?.[index] ?? "",
  };
  const digest = digestColumns(ledger.transfers, ledger.labels, ledger.slices);
  if (digest !== manifest.origin.digest)
    throw invalid(
      `The ledger in '${folder}' has digest ${digest.slice(0, 12)}, its ledger.json says ${manifest.origin.digest.slice(0, 12)}: it was changed after it was written.`,
    );
  return ledger;
}
