import { afterAll, beforeAll, expect, it } from "vitest";
import { API, basic, bearer, OWN, openTeam, type Team } from "../testing/team.ts";

let team: Team;
beforeAll(async () => {
  team = await openTeam();
});
afterAll(() => team.server.close());

it("tells each caller what would be done for them, and logs no refusal", async () => {
  const experiment = String((await team.create("hers", basic("ana"))).body.experiment_id);
  await team.server.call("POST", `${API}/registered-models/create`, { name: "fraud" }, basic("ana"));
  const grant = (resourceType: string, resourcePattern: string, permission: string) =>
    team.server.store.grant("bia", { resourceType, resourcePattern, permission });
  const rights = async (type: string, id: string, who: Record<string, string>) => {
    const { body } = await team.server.call(
      "GET",
      `${OWN}/rights?resource_type=${type}&resource_id=${id}`,
      undefined,
      who,
    );
    return [body.update, body.delete, body.manage];
  };
  expect(await rights("experiment", experiment, basic("ana"))).toEqual([true, true, true]);
  expect(await rights("registered_model", "fraud", basic("ana"))).toEqual([true, true, true]);
  expect(await rights("registered_model", "fraud", basic("admin"))).toEqual([true, true, true]);
  expect(await rights("registered_model", "fraud", basic("bia"))).toEqual([false, false, false]);
  await grant("registered_model", "fraud", "READ");
  expect(await rights("registered_model", "fraud", basic("bia"))).toEqual([false, false, false]);
  await grant("experiment", experiment, "EDIT");
  expect(await rights("experiment", experiment, basic("bia"))).toEqual([true, false, false]);
  // A token never does more than its scopes say, nor tells of more.
  const { token } = await team.newToken({ name: "reader", scopes: ["write"] }, "ana");
  expect(await rights("experiment", experiment, bearer(token))).toEqual([true, true, false]);
  expect(await rights("registered_model", "fraud", bearer(token))).toEqual([false, false, false]);
  expect(team.log()).not.toContain("permission-denied");
  const { body } = await team.server.call(
    "GET",
    `${OWN}/rights?resource_type=run&resource_id=1`,
    undefined,
    basic("ana"),
  );
  expect(body.message).toMatch(/'resource_type' is 'run'/);
});
