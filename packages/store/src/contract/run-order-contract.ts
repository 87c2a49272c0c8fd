import { experimentId } from "@esteira/core/ids";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byDialect, dialectOf } from "../database/dialect.ts";
import type { Session } from "../database/session.ts";
import { runQueryStore } from "../tracking/run-query.ts";
import { searchRuns } from "../tracking/run-search.ts";

/** More than are sorted at once, so that every way to a page is taken. */
const RUNS = 8000;

interface Sample {
  readonly id: string;
  readonly experiment: number;
  readonly isDeleted: boolean;
  readonly start: number | null;
  readonly end: number | null;
  readonly name: string;
  readonly tied: number | undefined;
  readonly spread: number;
  readonly kind: string;
  readonly rare: string | undefined;
}

/** What `fill` writes: many equal values, NaN, values that are missing, runs without a start or an end. */
const SAMPLES = Array.from(
  { length: RUNS },
  (_, n): Sample => ({
    id: n.toString(16).padStart(32, "0"),
    experiment: n % 9 === 0 ? 0 : 1,
    isDeleted: n % 50 === 7,
    start: n % 97 === 0 ? null : (n * 31) % 5000,
    end: n % 10 === 0 ? null : (n * 7) % 6001,
    name: `run-${n % 3000}`,
    tied: n % 11 === 5 ? undefined : n % 50 === 3 ? Number.NaN : n % 7,
    spread: (n * 7919) % 8009,
    kind: `k${n % 4}`,
    rare: n % 1000 === 1 ? "yes" : undefined,
  }),
);

async function fill(session: Session): Promise<void> {
  const id = byDialect({ sqlite: () => sql`printf('%032x', n)`, postgres: () => sql`lpad(to_hex(n), 32, '0')` });
  const all = sql`with recursive s (n) as (select 0 union all select n + 1 from s where n < ${sql.lit(RUNS - 1)})`;
  const metric = (key: string, value: string, isNan: string, where: string) => sql`
    insert into latest_metrics ("key", value, timestamp, step, is_nan, run_uuid)
    ${all} select ${key}, ${sql.raw(value)}, 1, 0, ${sql.raw(isNan)}, ${id} from s where ${sql.raw(where)}`;
  const param = (key: string, value: string, where: string) => sql`
    insert into params ("key", value, run_uuid) ${all} select ${key}, ${sql.raw(value)}, ${id} from s where ${sql.raw(where)}`;
  await session.write(async (db) => {
    await sql`insert into experiments (experiment_id, name, lifecycle_stage) values (1, 'many', 'active')`.execute(db);
    await sql`insert into runs (run_uuid, experiment_id, name, status, source_type, user_id, artifact_uri, start_time, end_time,
        lifecycle_stage)
      ${all} select ${id}, case when n % 9 = 0 then 0 else 1 end, 'run-' || (n % 3000), 'FINISHED', 'LOCAL', 'ana', '',
        case when n % 97 = 0 then null else (n * 31) % 5000 end, case when n % 10 = 0 then null else (n * 7) % 6001 end,
        case when n % 50 = 7 then 'deleted' else 'active' end from s`.execute(db);
    await metric("tied", "case when n % 50 = 3 then 0 else n % 7 end", "n % 50 = 3", "n % 11 <> 5").execute(db);
    await metric("spread", "(n * 7919) % 8009", "false", "true").execute(db);
    await param("kind", "'k' || (n % 4)", "true").execute(db);
    await param("rare", "'yes'", "n % 1000 = 1").execute(db);
    // A server at work has done so by itself.
    if (dialectOf(db) === "postgres") await sql`analyze`.execute(db);
  });
}

type Key = number | string | null | undefined;

/** Filters as they are written, and what they mean. */
const FILTERS: readonly (readonly [string, (run: Sample) => boolean])[] = [
  ["", () => true],
  ["metrics.tied > 2", ({ tied }) => (tied ?? 0) > 2],
  ["params.kind = 'k1' and metrics.spread > 4000", ({ kind, spread }) => kind === "k1" && spread > 4000],
  ["params.rare = 'yes'", ({ rare }) => rare === "yes"],
  // Leaves a run among thousands, though each part leaves many.
  [
    "params.kind = 'k1' and metrics.tied = 3 and metrics.spread < 9",
    (run) => run.kind === "k1" && run.tied === 3 && run.spread < 9,
  ],
];
const ORDERS: readonly (readonly [string, (run: Sample) => Key])[] = [
  ["metrics.tied", ({ tied }) => tied],
  ["metrics.spread", ({ spread }) => spread],
  ["start_time", ({ start }) => start],
  ["end_time", ({ end }) => end],
  ["run_name", ({ name }) => name],
  ["params.kind", ({ kind }) => kind],
];
const SIZES = [1, 100, 1500];

/** 0 of a value, 1 of NaN, 2 of none: the last two come last in both directions. */
const rank = (value: Key): number => (value === undefined || value === null ? 2 : Number.isNaN(value) ? 1 : 0);
const compare = (a: Key, b: Key): number => (rank(a) > 0 || a === b ? 0 : (a ?? 0) < (b ?? 0) ? -1 : 1);

function ordered(runs: readonly Sample[], keyOf: ((run: Sample) => Key) | undefined, sign: number, noStart: number) {
  const startOf = ({ start }: Sample) => start ?? noStart;
  return runs
    .toSorted((a, b) => {
      const [x, y] = [keyOf?.(a), keyOf?.(b)];
      return rank(x) - rank(y) || sign * compare(x, y) || startOf(b) - startOf(a) || (a.id < b.id ? -1 : 1);
    })
    .map(({ id }) => id);
}

/** Whatever way a page of many runs is read, it has the runs of the answer in the order of the answer. */
export function describeRunOrder(name: string, open: () => Promise<Session>): void {
  describe(`pages of ${RUNS} runs on ${name}`, () => {
    let session: Session;
    let scans = 0;
    let noStart = 0;
    beforeAll(async () => {
      const opened = await open();
      session = {
        ...opened,
        scan: (work) => {
          scans += 1;
          return opened.scan(work);
        },
      };
      await fill(session);
      const dialect = await session.read(async (db) => dialectOf(db));
      // Where the database puts a run without a start among those with one.
      noStart = dialect === "sqlite" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    });
    afterAll(() => session?.close());

    const experimentIds = [experimentId("1")];
    const pageOf = async (filter: string, orderBy: readonly string[], maxResults: number, pageToken?: string) => {
      const { items, nextPageToken } = await searchRuns(session, {
        experimentIds,
        filter,
        orderBy,
        maxResults,
        ...(pageToken === undefined ? {} : { pageToken }),
      });
      return { ids: items.map(({ info }) => info.runId as string), nextPageToken };
    };

    for (const [filter, passes] of FILTERS) {
      test(`in every order, where ${filter || "there is no filter"}`, async () => {
        const own = SAMPLES.filter((run) => run.experiment === 1 && !run.isDeleted && passes(run));
        const all: readonly (readonly [((run: Sample) => Key) | undefined, readonly string[], number])[] = [
          [undefined, [], -1],
          ...ORDERS.flatMap(([field, keyOf]) => [
            [keyOf, [`${field} DESC`], -1] as const,
            [keyOf, [`${field} ASC`], 1] as const,
          ]),
        ];
        for (const [keyOf, orderBy, sign] of all) {
          const expected = ordered(own, keyOf, sign, noStart);
          for (const size of SIZES) {
            const first = await pageOf(filter, orderBy, size);
            expect(first.ids, `${orderBy} ${size}`).toEqual(expected.slice(0, size));
            expect(first.nextPageToken !== undefined).toBe(expected.length > size);
            if (first.nextPageToken === undefined) continue;
            const second = await pageOf(filter, orderBy, size, first.nextPageToken);
            expect(second.ids, `${orderBy} ${size}, second page`).toEqual(expected.slice(size, 2 * size));
          }
        }
      });
    }

    test("follow each other by place as they do by number", async () => {
      const { queryRuns } = runQueryStore(session);
      for (const [filter, passes] of FILTERS) {
        const own = SAMPLES.filter((run) => run.experiment === 1 && !run.isDeleted && passes(run));
        for (const [field, keyOf] of ORDERS) {
          const expected = ordered(own, keyOf, -1, noStart);
          const found: string[] = [];
          let pageToken: string | undefined;
          for (let page = 0; page < 3 && (page === 0 || pageToken !== undefined); page++) {
            const token = pageToken === undefined ? {} : { pageToken };
            const query = { experimentIds, filter, orderBy: [`${field} DESC`], maxResults: 300, ...token };
            const { items, nextPageToken } = await queryRuns(query);
            found.push(...items.map(({ info }) => info.runId));
            pageToken = nextPageToken;
          }
          expect(found, `${filter} by ${field}`).toEqual(expected.slice(0, 900));
        }
      }
    });

    test("are read without a scan where the first rows of an index fill them", async () => {
      scans = 0;
      await pageOf("params.kind = 'k1' and metrics.spread > 4000", ["metrics.spread DESC"], 100);
      await pageOf("metrics.spread > 10", ["metrics.spread ASC"], 100);
      await pageOf("params.kind = 'k1'", ["end_time DESC"], 100);
      await pageOf("params.kind = 'k1'", [], 100);
      await pageOf("params.rare = 'yes'", ["metrics.tied DESC"], 100);
      expect(scans).toBe(0);
      // Nobody knows before that no run passes.
      expect((await pageOf("user_id = 'nobody'", ["metrics.spread DESC"], 100)).ids).toEqual([]);
      expect(scans).toBe(1);
    });
  });
}
