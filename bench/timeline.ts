/**
 * What the timeline costs: verifying a chain of a million entries, and what an entry adds to the setting of an alias.
 *
 *   npm run bench -- timeline [--entries 1000000]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { NO_HASH } from "@esteira/core/timeline/entry";
import { canonicalJson } from "@esteira/core/timeline/json";
import { connectExisting } from "@esteira/store/maintenance/connect";
import { openStore } from "@esteira/store/open";
import { entryHash } from "@esteira/store/timeline/merkle";
import { SealFile } from "@esteira/store/timeline/seal-file";
import { printFigure, printMachine, thousands } from "./figure.ts";

const TARGET_SECONDS = 5;
const { values } = parseArgs({ options: { entries: { type: "string", default: "1000000" } } });
const entries = Number(values.entries);
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-timeline-"));
const uri = `sqlite:///${join(folder, "bench.db")}`;

/** Entries as a year of promotions leaves them: one model, three versions, its champion set again and again. */
async function fill(): Promise<void> {
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  await store.createRegisteredModel({ name: "fraud", tags: [] });
  for (const version of ["1", "2", "3"])
    await store.createModelVersion({ name: "fraud", source: `s3://b/${version}`, tags: [] });
  await store.setAlias("fraud", "champion", "1");
  const [last] = await store.timeline.read(4);
  await store.close();
  const database = await connectExisting(uri);
  let [sequence, previous, at] = [5, last?.hash ?? NO_HASH, last?.at ?? 0];
  while (sequence < entries) {
    const rows: { sequence: number; at: number; model: string; new_name: null; entry: string; hash: string }[] = [];
    for (; rows.length < 1000 && sequence < entries; ) {
      const [from, to] = [((sequence - 5) % 3) + 1, ((sequence - 4) % 3) + 1];
      sequence += 1;
      at += 1000;
      const entry = canonicalJson({
        format: 1,
        sequence,
        at,
        actor: { name: "ana", origin: "token", token: "0123456789abcdef" },
        action: "alias.set",
        subject: { model: "fraud", version: to, alias: "champion" },
        before: { aliases: { champion: from } },
        after: { aliases: { champion: to } },
        previous,
      });
      previous = entryHash(entry);
      rows.push({ sequence, at, model: "fraud", new_name: null, entry, hash: previous });
    }
    await database.db.transaction().execute(async (db) => {
      await db.insertInto("esteira_timeline").values(rows).execute();
      await db.updateTable("esteira_timeline_head").set({ sequence, at, hash: previous }).execute();
    });
  }
  const champion = ((entries - 5) % 3) + 1;
  await database.db.updateTable("registered_model_aliases").set({ version: champion }).execute();
  await database.close();
}

try {
  printMachine();
  await fill();
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  const seals = new SealFile(join(folder, "bench.signing-key"));
  await store.timeline.checkpoint(seals);
  const [begun, used] = [performance.now(), process.cpuUsage()];
  const report = await store.timeline.verify({ seals });
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - begun) / 1000;
  if (report.entries !== entries || report.faultCount > 0 || report.found.length > 0 || report.outside.length > 0) {
    throw new Error(`The chain of the bench is not sound: ${JSON.stringify(report).slice(0, 500)}`);
  }
  const rounds = 500;
  const set = process.cpuUsage();
  for (let round = 0; round < rounds; round++) await store.setAlias("fraud", "champion", String(1 + (round % 3)));
  const setting = process.cpuUsage(set);
  console.log(
    `setting an alias with its entry: ${((setting.user + setting.system) / 1000 / rounds).toFixed(2)} ms of CPU`,
  );
  printFigure({
    name: `a chain of ${thousands(entries)} entries verified, with its Merkle root and the registry's state`,
    target: `< ${TARGET_SECONDS} s`,
    measured: `${seconds.toFixed(1)} s (${((user + system) / 1e6).toFixed(1)} s of CPU)`,
    isMet: seconds < TARGET_SECONDS,
  });
  await store.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
