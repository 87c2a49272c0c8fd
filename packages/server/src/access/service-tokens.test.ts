import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API, basic, bearer, DAY, OWN, openTeam, PASSWORD, type Team } from "../testing/team.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

describe("a service token", () => {
  it("is taken as bearer, and as password under its user's name or none", async () => {
    const { token } = await team.newToken({ scopes: ["read", "write"] });
    for (const headers of [bearer(token), basic("ana", token), basic("token", token), basic("__token__", token)]) {
      expect(await team.search(headers)).toMatchObject({ status: 200 });
    }
    expect(await team.search(basic("bia", token))).toMatchObject({ status: 401 });
  });

  it.each(["wrong", "expired", "revoked", "of a deleted user", "with another tail", "of a running number"])(
    "%s is refused alike",
    async (kind) => {
      const fresh = await team.newToken({ expires_in_days: 1 });
      let { token } = fresh;
      if (kind === "wrong") token = "est_000000000000_0000000000000000000000000000000000000000000";
      if (kind === "with another tail") token = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
      if (kind === "of a running number") token = "1";
      if (kind === "revoked") {
        const url = `${OWN}/tokens/${fresh.id}`;
        expect(await team.server.call("DELETE", url, undefined, basic("ana"))).toMatchObject({ status: 200 });
      }
      if (kind === "of a deleted user") {
        await team.addUser("leaving");
        token = (await team.newToken({}, "leaving")).token;
        expect(await team.search(bearer(token))).toMatchObject({ status: 200 });
        await team.server.store.deleteUser("leaving");
      }
      if (kind === "expired") team.time.now += DAY + 1;
      const answer = await team.search(bearer(token));
      expect(answer.status).toBe(401);
      expect(answer.body.message).toBe(
        "You are not signed in: send a username and password, or a token, that this server knows.",
      );
    },
  );

  it("does no more than its scopes, and no more than its user", async () => {
    const read = bearer((await team.newToken({ scopes: ["read"] })).token);
    const write = bearer((await team.newToken({ scopes: ["write"] })).token);
    const registry = bearer((await team.newToken({ scopes: ["registry"] })).token);
    const admin = bearer((await team.newToken({ scopes: ["admin"] })).token);
    expect(await team.create("by a reader", read)).toMatchObject({ status: 403 });
    expect(await team.create("by a registrar", registry)).toMatchObject({ status: 403 });
    expect(await team.create("by a writer", write)).toMatchObject({ status: 200 });
    const model = (headers: Record<string, string>, name: string) =>
      team.server.call("POST", `${API}/registered-models/create`, { name }, headers);
    expect(await model(write, "w")).toMatchObject({ status: 403 });
    expect(await model(registry, "r")).toMatchObject({ status: 200 });
    expect(await model(admin, "a")).toMatchObject({ status: 200 });
    for (const headers of [read, write, registry]) {
      expect(
        await team.server.call("POST", `${OWN}/tokens`, { name: "more", scopes: ["admin"] }, headers),
      ).toMatchObject({
        status: 403,
      });
      const change = { username: "ana", password: `${PASSWORD}!`, current_password: PASSWORD };
      expect(await team.server.call("PATCH", `${API}/users/update-password`, change, headers)).toMatchObject({
        status: 403,
      });
    }
    // Ana is no admin, so her token is none either.
    expect(
      await team.server.call("POST", `${API}/users/create`, { username: "x", password: PASSWORD }, admin),
    ).toMatchObject({
      status: 403,
    });
  });

  it("bound to an experiment reaches no other, and makes none", async () => {
    const one = String((await team.create("bound one", basic("ana"))).body.experiment_id);
    const two = String((await team.create("bound two", basic("ana"))).body.experiment_id);
    const token = bearer((await team.newToken({ scopes: ["write"], experiment_ids: [one] })).token);
    const get = (id: string) => team.server.call("GET", `${API}/experiments/get?experiment_id=${id}`, undefined, token);
    expect(await get(one)).toMatchObject({ status: 200 });
    for (const spelling of [two, `0${two}`, `%2B${two}`, `%20${two}`]) {
      expect({ spelling, status: (await get(spelling)).status }).toEqual({ spelling, status: 403 });
    }
    expect((await team.search(token)).body.experiments).toMatchObject([{ experiment_id: one }]);
    expect(await team.create("bound three", token)).toMatchObject({ status: 403 });
    const log = (experiment_id: string) => team.server.call("POST", `${API}/runs/create`, { experiment_id }, token);
    expect(await log(one)).toMatchObject({ status: 200 });
    expect(await log(two)).toMatchObject({ status: 403 });
    const admin = bearer((await team.newToken({ scopes: ["admin"], experiment_ids: [one] }, "admin")).token);
    expect(
      await team.server.call("GET", `${API}/experiments/get?experiment_id=${two}`, undefined, admin),
    ).toMatchObject({
      status: 403,
    });
    expect(await team.server.call("GET", "/api/2.0/mlflow/webhooks", undefined, admin)).toMatchObject({ status: 403 });
  });

  it("is listed without its secret, and belongs to its user alone", async () => {
    const { token, id } = await team.newToken({ name: "listed" });
    await team.search(bearer(token));
    const own = await team.server.call("GET", `${OWN}/tokens`, undefined, basic("ana"));
    expect(own.body.tokens).toEqual(
      expect.arrayContaining([expect.objectContaining({ id, name: "listed", last_used_at: team.time.now })]),
    );
    expect(own.text).not.toContain(token);
    expect(own.text).not.toContain("hash");
    const other = basic("bia");
    expect(await team.server.call("DELETE", `${OWN}/tokens/${id}`, undefined, other)).toMatchObject({ status: 404 });
    expect(await team.server.call("GET", `${OWN}/tokens?username=ana`, undefined, other)).toMatchObject({
      status: 403,
    });
    expect((await team.server.call("GET", `${OWN}/tokens`, undefined, other)).body.tokens).toEqual([]);
    expect(await team.server.call("GET", `${OWN}/tokens?username=ana`, undefined, basic("admin"))).toMatchObject({
      status: 200,
    });
  });

  it.each([
    [{ scopes: [] }, "needs a scope"],
    [{ scopes: ["all"] }, "Unknown scope 'all'"],
    [{ expires_in_days: 0 }, "from 1 to 366 days"],
    [{ expires_in_days: 10_000 }, "from 1 to 366 days"],
    [{ name: "x".repeat(256) }, "at most 255"],
    [{ name: "" }, "Missing value for required parameter 'name'"],
  ])("is not made of %j", async (fields, reason) => {
    const body = { name: "ci", scopes: ["read"], ...fields };
    const answer = await team.server.call("POST", `${OWN}/tokens`, body, basic("ana"));
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body.message).toContain(reason);
  });
});
