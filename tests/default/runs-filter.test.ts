/** The table of runs decides filters by itself where it can: as the server would. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFilter } from "@esteira/core/search/filter";
import { RUN_RULES } from "@esteira/core/search/rules";
import { openStore } from "@esteira/store/open";
import { withAnswer } from "@esteira/web/runs/frame";
import { columnsOfFilter, matches, rowsWhere } from "@esteira/web/runs/matches";
import { expect, it } from "vitest";

const TEXTS = [undefined, "", "x", "X", "xgboost", "a%b", "a.b", "a-b", "a(b", "ção", "1.5", "a\nb"];
const NUMBERS = [undefined, 0, -1.5, 0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300];
const PATTERNS = ["x%", "%b", "a_b", "a.b", "%", "A%", "%(%", "%-%", "XGB%", ""];
const FILTERS = [
  ...TEXTS.flatMap((text) => (text === undefined ? [] : [`params.p = '${text}'`, `tags.t != '${text}'`])),
  ...["LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE"].flatMap((operator) =>
    PATTERNS.map((pattern) => `params.p ${operator} '${pattern}'`),
  ),
  ...["=", "!=", ">", ">=", "<", "<="].flatMap((operator) =>
    ["0", "0.1", "-1.5", "1e300"].map((n) => `metrics.m ${operator} ${n}`),
  ),
  ...["params.p", "metrics.m", "tags.t", "attributes.user_id"].flatMap((name) => [
    `${name} IS NULL`,
    `${name} IS NOT NULL`,
  ]),
  "metrics.m BETWEEN -2 AND 0.1",
  "metrics.m NOT BETWEEN -2 AND 0.1",
  "attributes.status = 'FAILED'",
  "attributes.status != 'FAILED'",
  "attributes.run_name ILIKE 'RUN 1%'",
  "attributes.start_time >= 1005 AND attributes.start_time < 1040",
  "attributes.end_time > 0",
  "attributes.user_id = 'ana'",
  "NOT (params.p = 'x' OR metrics.m > 0)",
  "params.p = 'x' OR NOT metrics.m <= 0 AND tags.t = 'x'",
  "params.none = 'x'",
  "NOT params.none = 'x'",
];

it("finds the same runs in the page as in the database", { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-filter-"));
  const store = await openStore({ uri: `sqlite:///${join(folder, "a.db")}`, artifactRoot: "mlflow-artifacts:/" });
  try {
    const id = await store.createExperiment({ name: "e", tags: [] });
    for (let index = 0; index < 60; index++) {
      const { info } = await store.createRun({
        experimentId: id,
        userId: index % 4 === 0 ? "" : "ana",
        runName: `run ${index}`,
        startTime: 1000 + index,
        tags: [],
      });
      const text = TEXTS[index % TEXTS.length];
      const tag = TEXTS[(index * 7) % TEXTS.length];
      const value = NUMBERS[index % NUMBERS.length];
      await store.logBatch(info.runId, {
        params: text === undefined ? [] : [{ key: "p", value: text }],
        tags: tag === undefined ? [] : [{ key: "t", value: tag }],
        metrics: value === undefined ? [] : [{ key: "m", value, timestamp: 1, step: 0 }],
      });
      if (index % 5 === 0) await store.updateRun(info.runId, { status: "FAILED", endTime: 2000 });
    }
    const ask = (filter: string | undefined, columns: readonly string[]) =>
      store.readRunColumns({ experimentIds: [id], columns, maxRuns: 1000, ...(filter ? { filter } : {}) });
    for (const source of FILTERS) {
      const filter = parseFilter(source, RUN_RULES)!;
      const columns = columnsOfFilter(filter);
      expect(columns, source).toBeDefined();
      const frame = withAnswer(undefined, await ask(undefined, columns ?? []));
      const found = matches(filter, frame);
      const here = found && [...rowsWhere(found)].map((row) => frame.ids[row]);
      expect(here, source).toEqual((await ask(source, [])).runIds);
    }
    const only = ["attributes.run_name RLIKE 'a'", "dataset.name = 'd'", "params.p ILIKE 'ç%'", "params.p LIKE 'a\\%'"];
    for (const source of only) expect(columnsOfFilter(parseFilter(source, RUN_RULES)!), source).toBeUndefined();
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
});
