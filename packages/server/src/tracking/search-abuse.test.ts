import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectNoLeak, expectRefusal, openTarget, type RawAnswer, type Target } from "../testing/target.ts";

const M = "/api/2.0/mlflow";
const INVALID = ["INVALID_PARAMETER_VALUE"];
let target: Target;

beforeAll(async () => {
  target = await openTarget();
  // What hard patterns are tried on.
  await target.send("POST", `${M}/runs/set-tag`, { run_id: target.run, key: "t", value: "x".repeat(4000) });
  await target.remember();
});
afterEach(() => target.expectUnchanged());
afterAll(() => target.close());

const searchRuns = (fields: object) => target.send("POST", `${M}/runs/search`, { experiment_ids: ["0"], ...fields });
const query = (route: string, fields: Readonly<Record<string, string>>) =>
  target.send("GET", `${M}/${route}/search?${new URLSearchParams(fields)}`);

/** The same question to each of the five searches. */
const everywhere = async (fields: {
  filter?: string;
  order_by?: string;
  page_token?: string;
  max_results?: string;
}) => {
  const { order_by, ...rest } = fields;
  const listed = { ...rest, ...(order_by === undefined ? {} : { order_by: [order_by] }) };
  const ordered = { ...rest, ...(order_by === undefined ? {} : { order_by: [{ field_name: order_by }] }) };
  return [
    await searchRuns(listed),
    await target.send("POST", `${M}/logged-models/search`, { experiment_ids: ["0"], ...ordered }),
    await query("experiments", fields),
    await query("registered-models", fields),
    await query("model-versions", fields),
  ] as const;
};
const expectHarmless = (answer: RawAnswer) => {
  if (answer.status !== 200) expectRefusal(answer, [400], [...INVALID, "BAD_REQUEST"]);
  else expectNoLeak(answer);
};

describe("a filter", () => {
  it.each([
    "params.a = 'x' UNION SELECT 1",
    "name = 'x' UNION SELECT * FROM users --",
    "1=1",
    "1=1 OR 1=1",
    "params.a = 'x'; SELECT 1",
    "params.a = 'x'; DROP TABLE runs; --",
    "name = 'x'); DELETE FROM runs; --",
    "params.a = 'x",
    'params.a = "x',
    "params.`a = 'x'",
    "params.a = 'x' --",
    "params.a = 'x' /* c */",
    "attributes.password = 'x'",
    "attributes.artifact_uri.x = 'x'",
    "users.password_hash = 'x'",
    "metrics.m > 'abc'",
    "metrics.m = (SELECT 1)",
    "name = (SELECT name FROM experiments)",
    "sleep(10)",
    "pg_sleep(10) = 1",
    "name = pg_sleep(10)",
    "(",
    ")",
    "NOT",
    "= 'x'",
    "name LIKE",
    "name IN ('a', SELECT 1)",
    "name RLIKE '('",
    "name RLIKE '(?<=a)b'",
    "name RLIKE '\\1'",
    "\u0000",
    "name = '\u0000'",
  ])("is refused by every search: %j", async (filter) => {
    for (const answer of await everywhere({ filter })) expectRefusal(answer, [400], INVALID);
  });

  it.each([
    "params.a = 'x''; DROP TABLE runs;--'",
    "tags.t = 'x'' OR ''1''=''1'",
    "tags.`a'b` = 'x'",
    "tags.`a\"; DROP TABLE runs; --` = 'x'",
    "params.\"'); DROP TABLE runs; --\" = 'x'",
    "tags.t LIKE '%'' OR 1=1 --'",
    "tags.t = '\\'",
    "tags.t LIKE '\\'",
    // What MLflow reads so loosely, so must its scripts' next server.
    "AND",
    "name = 'a' name = 'b'",
    "name = 'a' AND",
  ])("takes what looks like SQL for a text, or refuses it: %s", async (filter) => {
    for (const answer of await everywhere({ filter })) expectHarmless(answer);
  });

  it("is refused when it is too deep, too long or too wide to be meant", async () => {
    const clause = (i: number) => `params.p${i} = 'x'`;
    for (const filter of [
      `${"(".repeat(5000)}params.a = 'x'${")".repeat(5000)}`,
      "(".repeat(100_000),
      `${"NOT ".repeat(50_000)}params.a = 'x'`,
      Array.from({ length: 1000 }, (_, i) => clause(i)).join(" AND "),
      Array.from({ length: 1000 }, (_, i) => clause(i)).join(" OR "),
      Array.from({ length: 100 }, (_, i) => `metrics.m${i} > 1`).join(" AND "),
      `params.a IN (${Array.from({ length: 100_000 }, () => "'x'").join(", ")})`,
      `params.a = '${"x".repeat(1_000_000)}'`,
      `params.${"a".repeat(1_000_000)} = 'x'`,
      `metrics.m > ${"1".repeat(1_000_000)}`,
      "x".repeat(1_000_000),
      "'".repeat(200_001),
      "`".repeat(200_001),
      " ".repeat(1_000_000),
    ]) {
      expectHarmless(await searchRuns({ filter }));
    }
    const health = await target.send("GET", "/health");
    expect(health.status).toBe(200);
  });

  it("that is hard to match is matched all the same, or refused", async () => {
    for (const filter of [
      `tags.t ILIKE '${"%x".repeat(200)}y'`,
      `tags.t LIKE '${"%x".repeat(200)}y'`,
      `tags.t LIKE '${"_%".repeat(300)}y'`,
      `tags.t LIKE '${"%".repeat(5000)}y'`,
      `tags.t RLIKE '${"(x+x+)+".repeat(20)}y'`,
      "tags.t RLIKE '(x|x)*y'",
      "tags.t RLIKE '^(([a-z])+.)+[A-Z]([a-z])+$'",
      "tags.t RLIKE 'x{1000}{1000}'",
      `tags.t RLIKE '${"x?".repeat(400)}${"x".repeat(400)}'`,
      `tags.t RLIKE '${"(".repeat(2000)}x${")".repeat(2000)}'`,
    ]) {
      expectHarmless(await searchRuns({ filter }));
    }
  });
});

describe("an order", () => {
  it.each([
    "metrics.m; DROP TABLE runs",
    "version; DROP TABLE x",
    "name ASC, (SELECT 1)",
    "(SELECT 1)",
    "1",
    "name ASC ASC",
    "name SIDEWAYS",
    "attributes.password",
    "random()",
    "name--",
    "metrics.`m",
    "name\u0000",
  ])("that is none is refused by every search: %j", async (order_by) => {
    const [runs, models, ...others] = await everywhere({ order_by });
    for (const answer of [runs, ...others]) expectRefusal(answer, [400], INVALID);
    // There a metric is named without quotes: it may have any name, and be nobody's.
    expectHarmless(models);
  });

  it("by more keys than are meant is refused, or done", async () => {
    for (const count of [100, 1000, 20_000]) {
      expectHarmless(await searchRuns({ order_by: Array.from({ length: count }, (_, i) => `metrics.m${i}`) }));
      expectHarmless(await searchRuns({ order_by: Array.from({ length: count }, () => "attributes.start_time") }));
    }
  });
});

describe("a page", () => {
  it.each(["-1", "1000000000", "ten", "1e3", "99999999999999999999", "1.5", "\u0000"])(
    "of %j results is refused by every search",
    async (max_results) => {
      for (const answer of await everywhere({ max_results })) expectRefusal(answer, [400], INVALID);
    },
  );

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
  it.each([
    "!!notbase64",
    "x",
    "====",
    encoded({ offset: -5 }),
    encoded({ offset: 1.5 }),
    encoded({ offset: "0; DROP TABLE runs" }),
    encoded({ offset: 1e300 }),
    encoded({ offset: [1] }),
    encoded([1]),
    encoded("x"),
    encoded(null),
    encoded({}),
    Buffer.from("[".repeat(10_000)).toString("base64"),
    "A".repeat(1_000_00),
    "\u0000",
  ])("after a token that is none is refused by every search, or empty", async (page_token) => {
    // The address of a GET is shorter than that.
    if (page_token.length > 10_000) return expectHarmless(await searchRuns({ page_token }));
    for (const answer of await everywhere({ page_token })) {
      expectHarmless(answer);
      // A token that is none must not show the first page again: who follows pages would never end.
      if (answer.status === 200) expect(Object.keys(answer.body)).toEqual([]);
    }
  });
});

describe("experiments to search in", () => {
  it("may be many, and are no SQL", async () => {
    for (const count of [10_000, 40_000, 99_000]) {
      const experiment_ids = Array.from({ length: count }, (_, i) => String(i));
      expectHarmless(await searchRuns({ experiment_ids }));
      expectHarmless(await target.send("POST", `${M}/logged-models/search`, { experiment_ids }));
      expectHarmless(await target.send("POST", `${M}/experiments/search-datasets`, { experiment_ids }));
    }
    for (const experiment_ids of [["0 OR 1=1"], ["'"], ["-1"], ["99999999999999999999"], ["abc"], [""], ["0", "0"]]) {
      expectHarmless(await searchRuns({ experiment_ids }));
      expectHarmless(await target.send("POST", `${M}/logged-models/search`, { experiment_ids }));
    }
  });
});
