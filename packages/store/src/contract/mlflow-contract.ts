import type { Page } from "@esteira/core/entities/page";
import { EsteiraError } from "@esteira/core/errors";
import { experimentId, runId } from "@esteira/core/ids";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStore, type Store } from "../open.ts";
import { type Answer, Oracle } from "./oracle.ts";
import { fillSample, type Sample } from "./sample-data.ts";
import { snapshot } from "./snapshot.ts";

interface Request {
  readonly kind: "runs" | "experiments" | "registered_models" | "model_versions" | "logged_models";
  readonly filter?: string;
  readonly order_by?: readonly string[];
  readonly max_results?: number;
  readonly page_token?: string;
  readonly view?: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
  readonly order_by_fields?: readonly { field_name: string; ascending?: boolean }[];
}
const RUN_FILTERS = [
  "",
  "metrics.m > 0",
  "metrics.m != 1",
  "metrics.m = 0",
  "metrics.m <= 1e308 and metrics.m >= -1",
  "params.p = 'alpha'",
  "params.p != 'alpha'",
  "params.p LIKE '%a%'",
  "params.p ILIKE '%A%'",
  "params.p LIKE 'a_b'",
  "params.p = ''",
  "params.p = 'it''s'",
  "params.p IS NULL",
  "tags.stage IS NOT NULL and params.p ilike 'd%'",
  "tags.`a b/c` != 'Beta'",
  'tags."stage" = "Beta"',
  "attributes.status = 'FINISHED'",
  "status != 'RUNNING' AND",
  "attributes.run_name LIKE 'run-%'",
  "`run name` ILIKE 'RUN-1'",
  "start_time >= 1000 and end_time < 20",
  "attributes.Created = 1000",
  "user_id = ''",
  "dataset.name = 'train'",
  "datasets.name IN ('train', 'eval') and dataset.digest NOT IN ('d1')",
  "dataset.context LIKE 'tr%'",
  "parameters.p = 'gamma' and param.p = 'gamma'",
  "run.artifact_uri LIKE '%artifacts'",
];
const RUN_ORDERS: readonly (readonly string[])[] = [
  [],
  ["metrics.m ASC"],
  ["metrics.m DESC", "params.p"],
  ["params.p DESC"],
  ["tags.stage"],
  ["start_time ASC", "run_name desc"],
  ["end_time"],
  ["end_time DESC", "attributes.run_id DESC"],
  ["status", "metrics.`m` desc"],
  ["Created"],
];
const REFUSED: readonly Request[] = [
  ...[
    "metrics.m",
    "metrics.m = 'a'",
    "metrics.m LIKE 5",
    "params.p = 1",
    "params.p > '1'",
    "params.p = abc",
    "foo.bar = 'x'",
    "bogus = 'x'",
    "metrics.m > 1; metrics.m < 2",
    "start_time > 'x'",
    "attributes.status IN ('FINISHED')",
    "attributes.run_id IN ()",
    "attributes.run_id IN ('a', 5)",
    "datasets.bogus = 'x'",
    "metrics.a b = 1",
    "metrics.m == 1",
    "metrics.m <> 1",
    "metrics.m = NaN",
    "   ",
    "params.p BETWEEN 'a' AND 'b'",
    "1 = 1",
  ].map((filter) => ({ kind: "runs", filter }) as const),
  ...[["metrics.m descending"], ["metrics.m asc desc"], ["bogus"], ["foo.bar"], ["datasets.name"], ["timestamp"]].map(
    (order_by) => ({ kind: "runs", order_by }) as const,
  ),
  { kind: "runs", order_by: ["params.p", "params.p"] },
  { kind: "experiments", filter: "name > 'a'" },
  { kind: "experiments", filter: "experiment_id = 1" },
  { kind: "experiments", filter: "experiment_id = 'abc'" },
  { kind: "experiments", filter: "creation_time > '0'" },
  { kind: "experiments", filter: "tags.k IN ('v')" },
  { kind: "experiments", filter: "attr.name='a'" },
  { kind: "experiments", order_by: ["tags.k"] },
  { kind: "registered_models", filter: "name > 'a'" },
  { kind: "registered_models", order_by: ["creation_timestamp"] },
  { kind: "model_versions", filter: "source_path IN ('x')" },
  { kind: "model_versions", filter: "current_stage = 'Staging'" },
  { kind: "logged_models", filter: "tag.t = 'v'" },
  { kind: "logged_models", filter: "name > 'a'" },
];
const OTHERS: readonly Request[] = [
  { kind: "experiments", order_by: ["name"] },
  { kind: "experiments", filter: "name ILIKE 'SEARCH%'", order_by: ["experiment_id DESC"] },
  { kind: "experiments", filter: "experiment_id IN ('1', '3')", order_by: ["name DESC"] },
  { kind: "experiments", filter: "tags.team IS NULL", order_by: ["name"] },
  { kind: "experiments", filter: "tags.team != 'alpha'", order_by: ["last_update_time ASC"] },
  { kind: "experiments" },
  { kind: "registered_models" },
  { kind: "registered_models", order_by: ["name DESC"], max_results: 2 },
  { kind: "registered_models", filter: "name LIKE 'f%'" },
  { kind: "registered_models", filter: "name NOT IN ('fraud')" },
  { kind: "registered_models", filter: "tags.`mlflow.prompt.is_prompt` = 'true'" },
  { kind: "registered_models", filter: "tags.team != 'x' and name ILIKE '%R%'" },
  { kind: "registered_models", order_by: ["timestamp DESC"] },
  { kind: "model_versions", order_by: ["name"] },
  { kind: "model_versions" },
  { kind: "model_versions", filter: "name = 'fraud' and version_number > 1" },
  { kind: "model_versions", filter: "version_number = '1'", order_by: ["name DESC"] },
  { kind: "model_versions", filter: "source_path LIKE '%credit%'", order_by: ["version_number"] },
  { kind: "model_versions", filter: "tags.size != 'x'", order_by: ["creation_timestamp ASC"], max_results: 3 },
  { kind: "logged_models" },
  { kind: "logged_models", filter: "name = 'xgb' AND params.depth = '3'" },
  {
    kind: "logged_models",
    filter: "metrics.auc > 0.6",
    order_by_fields: [{ field_name: "metrics.auc", ascending: false }],
  },
  { kind: "logged_models", order_by_fields: [{ field_name: "metrics.auc" }, { field_name: "name", ascending: true }] },
  { kind: "logged_models", filter: "tags.owner IN ('ana')", order_by_fields: [{ field_name: "creation_time" }] },
];

/** A database as Esteira and as MLflow name it. */
export interface SharedDatabase {
  readonly uri: string;
  readonly mlflowUri: string;
}

/** What both programs promise of one database: each reads what the other has written, and answers alike. */
export function describeBesideMlflow(name: string, python: string, newDatabase: () => Promise<SharedDatabase>): void {
  describe(`one database in ${name} under MLflow and Esteira`, () => {
    let store: Store;
    let oracle: Oracle;
    let sample: Sample;

    beforeAll(async () => {
      const { uri, mlflowUri } = await newDatabase();
      store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
      sample = await fillSample(store, 7);
      oracle = new Oracle(python, mlflowUri);
    });
    afterAll(async () => {
      oracle.close();
      await store.close();
    });

    const ours = async (request: Request): Promise<Answer> => {
      const query = {
        ...(request.filter === undefined ? {} : { filter: request.filter }),
        ...(request.order_by === undefined ? {} : { orderBy: request.order_by }),
        ...(request.page_token === undefined ? {} : { pageToken: request.page_token }),
        maxResults: request.max_results ?? 1000,
        viewType: request.view ?? "ACTIVE_ONLY",
      };
      const { experimentIds } = sample;
      const named = async <T>(page: Promise<Page<T>>, name: (item: T) => string): Promise<Answer> => {
        const { items, nextPageToken = null } = await page;
        return { ok: { items: items.map(name), token: nextPageToken } };
      };
      try {
        switch (request.kind) {
          case "runs":
            return await named(store.searchRuns({ ...query, experimentIds }), (run) => run.info.runId);
          case "experiments":
            return await named(store.searchExperiments(query), (experiment) => experiment.name);
          case "registered_models":
            return await named(store.searchRegisteredModels(query), (model) => model.name);
          case "model_versions":
            return await named(store.searchModelVersions(query), (version) => `${version.name}/${version.version}`);
          default: {
            const orderBy = (request.order_by_fields ?? []).map(({ field_name, ...rest }) => ({
              fieldName: field_name,
              ...rest,
            }));
            const { orderBy: _, ...rest } = query;
            const page = await named(
              store.searchLoggedModels({ ...rest, orderBy, experimentIds }),
              (model) => model.modelId,
            );
            return { ok: { ...page.ok, token: null } };
          }
        }
      } catch (error) {
        if (!(error instanceof EsteiraError)) throw error;
        return { error: error.code, message: error.message };
      }
    };

    test("filters and orders of runs give the same runs in the same order, page by page", async () => {
      const requests = RUN_FILTERS.flatMap((filter, index): Request[] => [
        { kind: "runs", filter, order_by: RUN_ORDERS[index % RUN_ORDERS.length]! },
        { kind: "runs", filter, view: index % 2 === 0 ? "ALL" : "DELETED_ONLY", max_results: 7 },
      ]);
      for (const order_by of RUN_ORDERS) {
        requests.push(
          { kind: "runs", order_by },
          { kind: "runs", order_by, max_results: 9, page_token: "eyJvZmZzZXQiOiA5fQ==" },
        );
      }
      for (const request of requests) {
        const expected = await oracle.ask({ ...request, experiment_ids: sample.experimentIds });
        expect({ request, answer: await ours(request) }).toEqual({ request, answer: expected });
      }
    });

    test("experiments, models, versions and logged models are found and ordered alike", async () => {
      for (const request of OTHERS) {
        const expected = await oracle.ask({ ...request, experiment_ids: sample.experimentIds });
        expect({ request, answer: await ours(request) }).toEqual({ request, answer: expected });
      }
    });

    test("what MLflow refuses is refused with the same code", async () => {
      for (const request of REFUSED) {
        const expected = await oracle.ask({ ...request, experiment_ids: sample.experimentIds });
        const answer = await ours(request);
        expect({ request, code: answer.error }).toEqual({ request, code: expected.error });
      }
    });

    test("what MLflow writes while the store is open can be read", async () => {
      const { ok } = await oracle.ask({ kind: "log", name: "by-mlflow" });
      const run = await store.getRun(runId(ok?.run_id ?? ""));
      expect(run.info).toMatchObject({ runName: "from-mlflow", status: "FINISHED" });
      expect(run.data.metrics).toEqual([{ key: "loss", value: Number.NaN, timestamp: expect.any(Number), step: 4 }]);
      expect(run.data.params).toEqual([{ key: "depth", value: "7" }]);
      expect((await store.getVersionByAlias("by-mlflow", "champion")).source).toBe("s3://bucket/model");
      expect(await store.getExperiment(experimentId(run.info.experimentId))).toMatchObject({
        tags: [{ key: "team", value: "fraud" }],
      });
    });

    test("a database that MLflow has filled is read and written by Esteira, and opened by MLflow again: nothing differs", async () => {
      const { uri, mlflowUri } = await newDatabase();
      const before = new Oracle(python, mlflowUri);
      expect(await before.ask({ kind: "fill" })).toHaveProperty("ok");
      const theirs = await before.snapshot();
      before.close();

      const opened = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
      expect(await snapshot(opened)).toEqual(theirs);
      await fillSample(opened, 11);
      const ours = await snapshot(opened);
      expect(ours).toMatchObject(theirs);
      await opened.close();

      const after = new Oracle(python, mlflowUri);
      expect(await after.snapshot()).toEqual(ours);
      // What MLflow writes on, Esteira reads again.
      expect(await after.ask({ kind: "log", name: "later" })).toHaveProperty("ok");
      const last = await after.snapshot();
      after.close();
      const again = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
      expect(await snapshot(again)).toEqual(last);
      await again.close();
    });
  });
}
