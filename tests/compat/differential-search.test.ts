import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, difference } from "./differential/ask.ts";
import { fillDatabase } from "./differential/fill.ts";
import { readFilters } from "./differential/read-filters.ts";
import { deliberate, type Known, questionsOf } from "./differential/requests.ts";
import { findOracle } from "./oracle.ts";
import { type Peer, startEsteira, startMlflow } from "./servers.ts";

const oracle = findOracle();
const NO_IDS: Known = { experimentIds: [], runIds: [], modelIds: [] };

/**
 * The real server and ours on one and the same SQLite file are asked the same questions, and must give the same JSON:
 * status, error code and message, items in order, page token.
 */
describe.skipIf("missing" in oracle)(
  `searches beside MLflow's own${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    const python = "python" in oracle ? oracle.python : "";
    let home: string;
    let known: Known;
    let ours: Peer;
    let theirs: Peer;

    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), "esteira-differential-"));
      const database = join(home, "shared.db");
      known = await fillDatabase(database);
      [ours, theirs] = await Promise.all([startEsteira({ database }), startMlflow(python, { workers: 1, database })]);
    });
    afterAll(async () => {
      await ours?.close();
      await theirs?.close();
      await rm(home, { recursive: true, force: true });
    });

    it.each(Object.keys(questionsOf(NO_IDS)))("answer alike: %s", async (kind) => {
      const questions = questionsOf(known)[kind] ?? [];
      expect(questions.length).toBeGreaterThan(50);
      const differences: string[] = [];
      for (const question of questions) {
        const found = difference(await ask(ours.url, question), await ask(theirs.url, question));
        const why = deliberate(question);
        const { experiment_ids: _, ...input } = question.input;
        const shown = `${question.path} ${JSON.stringify(input).slice(0, 300)}`;
        if (found !== undefined && why === undefined) differences.push(`${shown}\n  ${found}`);
        if (found === undefined && why !== undefined) differences.push(`${shown}\n  no longer differs: ${why}`);
      }
      expect(differences).toEqual([]);
    });

    it("read thousands of made-up filters alike", () => {
      const { differences, accepted, refused } = readFilters(python, 20_261_125);
      expect(differences).toEqual([]);
      expect(accepted).toBeGreaterThan(500);
      expect(refused).toBeGreaterThan(500);
    });
  },
);
