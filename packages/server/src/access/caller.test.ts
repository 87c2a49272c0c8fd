import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API, basic, openTeam, type Team } from "../testing/team.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

describe("what users see", () => {
  it("is their own, with counts and pages that tell nothing of others", async () => {
    for (let index = 0; index < 5; index++) {
      await team.create(`hers ${index}`, basic("ana"));
      await team.create(`his ${index}`, basic("bia"));
    }
    const filter = { filter: "name LIKE 'h%s %'", max_results: 2, order_by: ["name"] };
    const first = await team.search(basic("bia"), filter);
    expect(first.body.experiments).toMatchObject([{ name: "his 0" }, { name: "his 1" }]);
    // A page's token of another user opens the reader's own pages only.
    const token = (await team.search(basic("ana"), filter)).body.next_page_token;
    const next = await team.search(basic("bia"), { ...filter, page_token: token });
    expect(next.body.experiments).toMatchObject([{ name: "his 2" }, { name: "his 3" }]);
    const last = await team.search(basic("bia"), { ...filter, max_results: 5 });
    expect(last.body).not.toHaveProperty("next_page_token");
  });

  it("does not tell what exists from what does not", async () => {
    const { body } = await team.create("hidden", basic("ana"));
    const run = await team.server.call(
      "POST",
      `${API}/runs/create`,
      { experiment_id: body.experiment_id },
      basic("ana"),
    );
    const get = async (path: string) => (await team.server.call("GET", `${API}${path}`, undefined, basic("bia"))).text;
    const id = String(run.body.run?.info?.run_id);
    expect(await get(`/runs/get?run_id=${id}`)).toBe(await get(`/runs/get?run_id=${"0".repeat(32)}`));
    expect(await get(`/experiments/get?experiment_id=${body.experiment_id}`)).toBe(
      await get("/experiments/get?experiment_id=987654"),
    );
  });

  it("does not grow by an artifact location around somebody else's", async () => {
    const { body } = await team.create("place", basic("ana"));
    const mine = (artifact_location: string) =>
      team.server.call(
        "POST",
        `${API}/experiments/create`,
        { name: `at ${artifact_location}`, artifact_location },
        basic("bia"),
      );
    for (const location of [
      `mlflow-artifacts:/${body.experiment_id}`,
      `mlflow-artifacts:/${body.experiment_id}/inside`,
      "mlflow-artifacts:/999999",
      "mlflow-artifacts:/",
      "mlflow-artifacts://host/x",
      "s3://bucket/7",
      "S3://bucket/x",
      "s3://bucket//x",
    ]) {
      const { status } = await mine(location);
      expect({ location, refused: status === 403 || status === 400 }).toEqual({ location, refused: true });
    }
    expect(await mine("mlflow-artifacts:/team-bia/pix")).toMatchObject({ status: 200 });
    expect(await mine("mlflow-artifacts:/team-bia")).toMatchObject({ status: 403 });
    const put = (who: string) =>
      team.server.call("PUT", "/api/2.0/mlflow-artifacts/artifacts/team-bia/pix/r/artifacts/a.txt", "x", {
        ...basic(who),
        "content-type": "text/plain",
      });
    expect(await put("bia")).toMatchObject({ status: 200 });
    expect(await put("ana")).toMatchObject({ status: 403 });
    const list = async (who: string) =>
      (await team.server.call("GET", "/api/2.0/mlflow-artifacts/artifacts", undefined, basic(who))).text;
    expect(await list("ana")).not.toContain("team-bia");
    expect(await list("admin")).toContain("team-bia");
    const remove = (path: string) =>
      team.server.call("DELETE", `/api/2.0/mlflow-artifacts/artifacts/${path}`, undefined, basic("ana"));
    expect(await remove("team-bia")).toMatchObject({ status: 403 });
    expect(await remove("nobody-s")).toMatchObject({ status: 403 });
  });

  it("each of several runs must be theirs", async () => {
    const runOf = async (who: string) => {
      const { body } = await team.create(`runs of ${who}`, basic(who));
      const made = await team.server.call(
        "POST",
        `${API}/runs/create`,
        { experiment_id: body.experiment_id },
        basic(who),
      );
      return String(made.body.run?.info?.run_id);
    };
    const [hers, his] = [await runOf("ana"), await runOf("bia")];
    const bulk = (route: string, ids: readonly string[], name: string) => {
      const query = ids.map((id) => `${name}=${id}`).join("&");
      return team.server.call("GET", `${route}?${query}&metric_key=m`, undefined, basic("ana"));
    };
    for (const [route, name] of [
      ["/ajax-api/2.0/mlflow/metrics/get-history-bulk", "run_id"],
      [`${API}/metrics/get-history-bulk-interval`, "run_ids"],
    ] as const) {
      expect(await bulk(route, [hers], name)).toMatchObject({ status: 200 });
      expect(await bulk(route, [hers, his], name)).toMatchObject({ status: 403 });
    }
    const model = await team.server.call(
      "POST",
      `${API}/logged-models`,
      { experiment_id: (await team.create("m", basic("bia"))).body.experiment_id },
      basic("bia"),
    );
    const metric = { key: "m", value: 1, timestamp: 1, model_id: model.body.model?.info?.model_id };
    const batch = (metrics: readonly object[]) =>
      team.server.call("POST", `${API}/runs/log-batch`, { run_id: hers, metrics }, basic("ana"));
    expect(await batch([{ ...metric, model_id: undefined }])).toMatchObject({ status: 200 });
    expect(await batch([{ ...metric, model_id: undefined }, metric])).toMatchObject({ status: 403 });
  });
});
