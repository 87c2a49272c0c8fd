import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";

const V1 = "/api/esteira/v1";
const M = "/api/2.0/mlflow";

let server: Harness;
let experiment: string;

beforeAll(async () => {
  server = await openHarness();
  experiment = String((await server.call("POST", `${M}/experiments/create`, { name: "queries" })).body.experiment_id);
  for (const [index, value] of [3, 1, 2].entries()) {
    const { body } = await server.call("POST", `${M}/runs/create`, {
      experiment_id: experiment,
      run_name: `run ${index}`,
      start_time: index,
    });
    const run_id = body.run?.info?.run_id;
    const metrics = [value, "NaN"].map((each, step) => ({ key: "loss", value: each, timestamp: 5, step }));
    await server.call("POST", `${M}/runs/log-batch`, { run_id, metrics, params: [{ key: "p", value: "x" }] });
  }
});
afterAll(() => server.close());

const search = (more: object) => server.call("POST", `${V1}/runs/search`, { experiment_ids: [experiment], ...more });

describe("Esteira's own search of runs", () => {
  it("counts, orders by an aggregate, and gives the columns that are named", async () => {
    const { body } = await search({
      order_by: ["min(metrics.loss)"],
      columns: ["max(metrics.loss)", "at(metrics.loss, 1)"],
      count: true,
      max_results: 1,
    });
    expect(body).toEqual({
      runs: [
        {
          info: expect.objectContaining({ run_name: "run 1" }),
          data: {},
          inputs: {},
          outputs: {},
          aggregates: [
            { column: "max(metrics.loss)", value: 1 },
            { column: "at(metrics.loss, 1)", value: "NaN" },
          ],
        },
      ],
      next_page_token: expect.any(String),
      total_count: 3,
    });
  });

  it("gives whole runs where no column is named, as MLflow's call does", async () => {
    const own = await search({ order_by: ["start_time"] });
    const theirs = await server.call("POST", `${M}/runs/search`, {
      experiment_ids: [experiment],
      order_by: ["start_time"],
    });
    expect(own.body).toEqual(theirs.body);
  });

  it.each([
    [{ page_token: "eyJvZmZzZXQiOiAyfQ==" }, "it is none that this call has given"],
    [{ columns: ["sum(metrics.loss)"] }, "Unknown aggregate 'sum'"],
    [{ columns: "metrics.loss" }, "Invalid value"],
    [{ order_by: ["min(metrics.loss) sideways"] }, "Invalid order_by clause"],
    [{ filter: "min(metrics.loss) < 1" }, "min"],
    [{ max_results: 0 }, "max_results"],
    [{ count: "perhaps" }, "count"],
  ])("refuses %j", async (more, message) => {
    const { status, body } = await search(more);
    expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    expect(body.message).toContain(message);
  });
});

describe("columns of runs", () => {
  const columns = (more: object) =>
    server.call("POST", `${V1}/runs/columns`, { experiment_ids: [experiment], ...more });

  it("come as lists beside the ids, and without the ids to who has them", async () => {
    const { body } = await columns({ columns: ["metrics.loss", "params.p"] });
    expect(body).toEqual({
      frame: expect.any(String),
      run_ids: [expect.any(String), expect.any(String), expect.any(String)],
      has_more: false,
      columns: [
        { column: "metrics.loss", kind: "number", numbers: ["NaN", "NaN", "NaN"] },
        { column: "params.p", kind: "text", texts: ["x"], codes: [0, 0, 0], is_cut: false },
      ],
    });
    const again = await columns({ frame: body.frame });
    expect(again.body).toEqual({ frame: body.frame, has_more: false, columns: [] });
  });

  it("are refused in a sentence where one is none", async () => {
    const { status, body } = await columns({ columns: ["nothing"] });
    expect([status, body.error_code]).toEqual([400, "INVALID_PARAMETER_VALUE"]);
    expect(body.message).toContain("Invalid column 'nothing'");
  });

  it("have keys, counted", async () => {
    const { body } = await server.call("GET", `${V1}/runs/keys?experiment_ids=${experiment}&newest=2`);
    expect(body.metrics).toEqual([{ key: "loss", count: 2 }]);
    expect(body.params).toEqual([{ key: "p", count: 2 }]);
  });
});
