import type { OutsideChange } from "@esteira/core/timeline/model-state";
import { verifySeals } from "@esteira/store/timeline/checkpoint";
import pc from "picocolors";
import { type Terminal, text, type Values } from "../command.ts";
import type { AuditSource } from "./source.ts";

/** Exit code of a timeline that is not sound. */
const UNSOUND = 3;
const MOST_SHOWN = 20;

/** Prints what a person must know, and answers the exit code. */
export async function auditVerify(source: AuditSource, values: Values, { out, note }: Terminal): Promise<number> {
  const report = await source.verify();
  const records = await source.seals();
  const seals = records && verifySeals(records, text(values, "key"));
  out(`${"timeline".padEnd(12)} ${source.name}`);
  out(`${"entries".padEnd(12)} ${report.entries}`);
  out(`${"last hash".padEnd(12)} ${report.head}`);
  out(`${"Merkle root".padEnd(12)} ${report.root}`);
  const last = seals?.checkpoints.at(-1);
  out(
    `${"signed".padEnd(12)} ${last === undefined ? "nothing yet" : `${last.size} entries, ${new Date(last.at).toISOString()}, key ${last.key}`}`,
  );
  for (const { sequence, behindMs } of report.clock.slice(0, MOST_SHOWN)) {
    out(`${pc.yellow("!")} entry ${sequence}: the clock was ${behindMs} ms behind the entry before it`);
  }
  for (const change of report.outside.slice(0, MOST_SHOWN)) out(`${pc.yellow("!")} ${told(change)}`);
  for (const change of report.found.slice(0, MOST_SHOWN)) out(`${pc.red("✗")} ${told(change)}`);
  for (const { sequence, problem } of report.faults.slice(0, MOST_SHOWN))
    out(`${pc.red("✗")} entry ${sequence} ${problem}`);
  for (const problem of seals?.faults ?? []) out(`${pc.red("✗")} ${problem}`);
  if (seals === undefined)
    note("Nothing signs this timeline: an end that was cut off together with its head would not show.");
  const count = report.faultCount + (seals?.faults.length ?? 0) + report.found.length;
  out(
    count === 0
      ? `${pc.green("✓")} The timeline is sound.`
      : `${pc.red("✗")} The timeline is not sound: ${count} faults.`,
  );
  return count === 0 ? 0 : UNSOUND;
}

const told = ({ after, model, chain, found }: OutsideChange): string =>
  `after entry ${after}, ${model} was changed outside of Esteira: ${JSON.stringify(chain)} became ${JSON.stringify(found)}`;
