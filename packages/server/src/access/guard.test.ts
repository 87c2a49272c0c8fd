import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTeam, type Team } from "../testing/team.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

describe("other spellings of a path open nothing", () => {
  const paths = [
    "//api/2.0/mlflow/experiments/search",
    "/API/2.0/mlflow/experiments/search",
    "/api/./2.0/mlflow/experiments/search",
    "/api/x/../2.0/mlflow/experiments/search",
    "/api/2.0/mlflow/experiments/search;x",
    "/api/2.0/mlflow/experiments/search/",
    "/api%2f2.0/mlflow/experiments/search",
    "/%61pi/2.0/mlflow/experiments/search",
    "/api/2.0/mlflow/experiments/search?a=/health",
    "/health/../api/2.0/mlflow/experiments/search",
    "/health/api/2.0/mlflow/experiments/search",
  ];
  it.each(
    paths.flatMap((path) => (["GET", "HEAD", "OPTIONS", "POST"] as const).map((method) => [method, path] as const)),
  )("%s %s", async (method, url) => {
    const answer = await team.server.app.inject({
      method,
      url,
      headers: {
        host: "localhost",
        "x-http-method-override": "GET",
        "x-original-url": "/health",
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      ...(method === "POST" ? { payload: "{}" } : {}),
    });
    expect([400, 401, 404, 405]).toContain(answer.statusCode);
    expect(answer.body).not.toContain("experiment_id");
  });
});
