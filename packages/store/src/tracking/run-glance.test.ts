import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFilter } from "@esteira/core/search/filter";
import { parseOrderBy } from "@esteira/core/search/order-by";
import { RUN_RULES } from "@esteira/core/search/rules";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { openSession } from "../open.ts";
import { planWalk, type RunQuestion, walkedRows, walkOf } from "./run-plan.ts";

let folder: string;
let session: Session;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-glance-"));
  session = await openSession(
    `sqlite:///${join(folder, "runs.db")}`,
    createContext({ artifactRoot: "mlflow-artifacts:/" }),
  );
});
afterAll(async () => {
  await session.close();
  await rm(folder, { recursive: true });
});

/** How SQLite reads the tables of a walk that is bounded at `until`, and the rows that the bound is found in. */
async function steps(order: string, filter: string, until: string, experiments = [1]) {
  const question: RunQuestion = {
    experiments,
    stage: "active",
    filter: parseFilter(filter, RUN_RULES),
    orderings: parseOrderBy(order === "" ? [] : [order], RUN_RULES),
  };
  const walk = walkOf(question);
  if (walk === undefined) throw new Error("no walk");
  const plan = planWalk(question, walk, sql`${sql.raw(until)}`);
  return session.read(async (db) => {
    const explain = async (select: ReturnType<typeof sql>) =>
      (await sql<{ detail: string }>`explain query plan ${select}`.execute(db)).rows.map(({ detail }) => detail);
    const bound = sql`select 1 from ${walk.rows.from} where ${sql.join([sql`true`, ...walkedRows(question, walk)], sql` and `)}
      order by ${walk.terms[0]?.value} ${sql.raw(walk.terms[0]?.ascending ? "asc" : "desc")} limit 1 offset 2000`;
    return {
      page: await explain(
        sql`select runs.run_uuid from ${plan.from} where ${sql.join(plan.where, sql` and `)} order by ${plan.orderBy} limit 101`,
      ),
      bound: await explain(bound),
    };
  });
}

test("a bounded walk in the order of a metric reads a part of its index, and looks the runs up in theirs", async () => {
  const { page, bound } = await steps("metrics.auc DESC", "params.model = '1' and metrics.auc > 0.5", "o0.value > 0.9");
  const range = "USING COVERING INDEX esteira_latest_metrics_by_value (key=? AND is_nan=? AND value>?)";
  expect(bound).toEqual([`SEARCH o0 ${range}`]);
  expect(page.filter((step) => / (o0|runs) /.test(step))).toEqual([
    `SEARCH o0 ${range}`,
    "SEARCH runs USING COVERING INDEX esteira_runs_by_id (run_uuid=? AND experiment_id=? AND lifecycle_stage=?)",
  ]);
  expect(page.filter((step) => step.startsWith("SCAN"))).toEqual([]);
});

test.each([
  ["", "runs.start_time > 5", "esteira_runs_by_start (experiment_id=? AND start_time>?)", [1]],
  ["", "runs.start_time > 5", "esteira_runs_by_time (start_time>?)", [1, 2]],
  [
    "start_time ASC",
    "runs.start_time < 5",
    "esteira_runs_by_start (experiment_id=? AND start_time>? AND start_time<?)",
    [1],
  ],
  ["end_time DESC", "runs.end_time > 5", "esteira_runs_by_end (end_time>?)", [1]],
  ["run_name ASC", "runs.name < 'x'", "esteira_runs_by_name (name>? AND name<?)", [1]],
])("a bounded walk in the order '%s' while %s walks %s", async (order, until, index, experiments) => {
  const { page } = await steps(order, "params.model = '1'", until, experiments);
  expect(page.filter((step) => / runs /.test(step))).toEqual([`SEARCH runs USING COVERING INDEX ${index}`]);
  expect(page.filter((step) => /^SCAN (?!json_each)/.test(step))).toEqual([]);
});
