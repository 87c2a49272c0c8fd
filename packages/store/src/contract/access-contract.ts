import type { AccessStore } from "@esteira/core/access-store";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_ENTRIES, newRun, type OpenStore, refused } from "./support.ts";

type Port = AccessStore & TrackingStore & RegistryStore;

const READ_ONE = { resourceType: "experiment", resourcePattern: "1", permission: "READ" };
let names = 0;
const fresh = (word: string): string => `${word}-${++names}`;

/** What every AccessStore promises, beside the experiments and models that its grants are about. */
export function describeAccessStore(name: string, open: OpenStore<Port>): void {
  describe(`access in ${name}`, () => {
    let store: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store?.close());
    const user = async (isAdmin = false) =>
      store.createUser({ username: fresh("user"), passwordHash: "hash", isAdmin });

    describe("users", () => {
      test("are made once, found by name, changed, and leave nothing when they go", async () => {
        const keeper = await user(true);
        const ana = await user();
        const { username } = ana;
        await refused(store.createUser({ username, isAdmin: false }), "RESOURCE_ALREADY_EXISTS", username);
        expect(await store.getUser(username)).toEqual(ana);
        expect(await store.findUser(username)).toEqual({ ...ana, passwordHash: "hash" });
        expect(await store.findUser("nobody")).toBeUndefined();
        await refused(store.getUser("nobody"), "RESOURCE_DOES_NOT_EXIST", "User with username=nobody not found");
        await store.setAdmin(username, true);
        expect(await store.getUser(username)).toMatchObject({ isAdmin: true });
        await store.grant(username, READ_ONE);
        await store.createToken({
          id: fresh("token"),
          userId: ana.id,
          name: "ci",
          hash: "h",
          scopes: ["read"],
          resources: [],
          expiresAt: Number.MAX_SAFE_INTEGER,
        });
        const session = fresh("session");
        await store.createSession({ hash: session, userId: ana.id, expiresAt: Number.MAX_SAFE_INTEGER });
        await store.deleteUser(username);
        expect(await store.getSubject(ana.id)).toBeUndefined();
        expect(await store.listTokens(ana.id)).toEqual([]);
        expect(await store.findSession(session)).toBeUndefined();
        expect((await store.listRoles()).map((role) => role.name)).not.toContain(`__user_${ana.id}__`);
        await store.deleteUser((await user()).username);
        expect(await store.hasAdmin()).toBe(true);
        await refused(store.deleteUser(keeper.username), "BAD_REQUEST", "the last admin");
        await refused(store.setAdmin(keeper.username, false), "BAD_REQUEST", "the last admin");
      });

      test("change their password and with it end their sessions, except one", async () => {
        const { id, username } = await user();
        const [kept, other] = [fresh("session"), fresh("session")];
        for (const hash of [kept, other]) {
          await store.createSession({ hash, userId: id, expiresAt: Number.MAX_SAFE_INTEGER });
        }
        await store.setPassword(username, "new", kept);
        expect(await store.findSession(kept)).toMatchObject({ userId: id });
        expect(await store.findSession(other)).toBeUndefined();
        await store.rehash(username, "old", "wrong");
        expect(await store.findUser(username)).toMatchObject({ passwordHash: "new" });
        await store.rehash(username, "new", "newer");
        expect(await store.findUser(username)).toMatchObject({ passwordHash: "newer" });
        expect(await store.findSession(kept)).toBeDefined();
      });

      test("of an identity provider are known by its subject", async () => {
        const external = { issuer: "https://id.example", subject: fresh("subject") };
        const made = await store.createUser({ username: fresh("external"), isAdmin: false, external });
        expect(await store.findExternalUser(external)).toEqual(made);
        expect(await store.findExternalUser({ ...external, issuer: "https://other.example" })).toBeUndefined();
        expect(await store.findUser(made.username)).not.toHaveProperty("passwordHash");
        expect(await store.findUser(made.username)).toMatchObject({ external });
      });

      test("without a password are linked to an identity, once", async () => {
        const identity = () => ({ issuer: "https://id.example", subject: fresh("subject") });
        const [first, second] = [identity(), identity()];
        const { username } = await store.createUser({ username: fresh("expected"), isAdmin: false });
        expect(await store.linkUser(username, first)).toMatchObject({ username });
        expect(await store.findExternalUser(first)).toMatchObject({ username });
        await refused(store.linkUser(username, second), "RESOURCE_ALREADY_EXISTS", username);
        await refused(store.linkUser((await user()).username, second), "RESOURCE_ALREADY_EXISTS", "another way");
        await refused(store.linkUser("nobody", second), "RESOURCE_DOES_NOT_EXIST", "nobody");
      });
    });

    describe("roles", () => {
      test("hold grants for many users", async () => {
        const name = fresh("role");
        const role = await store.createRole({ name, workspace: "default", description: "who looks" });
        await refused(store.createRole({ name, workspace: "default" }), "RESOURCE_ALREADY_EXISTS", name);
        await refused(
          store.createRole({ name: "__user_1__", workspace: "default" }),
          "INVALID_PARAMETER_VALUE",
          "__user_",
        );
        await refused(store.createRole({ name: " ", workspace: "default" }), "INVALID_PARAMETER_VALUE", "empty");
        const granted = await store.addRolePermission(role.id, READ_ONE);
        await refused(store.addRolePermission(role.id, READ_ONE), "RESOURCE_ALREADY_EXISTS", "Role permission");
        const { id, username } = await user();
        await store.assignRole(username, role.id);
        await refused(store.assignRole(username, role.id), "RESOURCE_ALREADY_EXISTS", "User role assignment");
        expect(await store.getSubject(id)).toMatchObject({ grants: [READ_ONE], workspaces: ["default"] });
        expect(await store.listUserRoles(username)).toEqual([{ ...role, permissions: [granted] }]);
        expect(await store.listRoleUsers(role.id)).toEqual([{ id: expect.any(Number), userId: id, roleId: role.id }]);
        expect((await store.listUsers()).find((one) => one.id === id)?.roles).toEqual([
          { ...role, permissions: [granted] },
        ]);
        expect(await store.updateRolePermission(granted.id, "EDIT")).toMatchObject({ permission: "EDIT" });
        await refused(
          store.updateRolePermission(granted.id, "NO_PERMISSIONS"),
          "INVALID_PARAMETER_VALUE",
          "accept only",
        );
        expect(await store.updateRole(role.id, { description: "others" })).toMatchObject({
          name,
          description: "others",
        });
        const taken = await store.createRole({ name: fresh("role"), workspace: "default" });
        await refused(store.updateRole(taken.id, { name }), "RESOURCE_ALREADY_EXISTS", name);
        await store.removeRolePermission(granted.id);
        await refused(store.removeRolePermission(granted.id), "RESOURCE_DOES_NOT_EXIST", String(granted.id));
        await store.unassignRole(username, role.id);
        await refused(store.unassignRole(username, role.id), "RESOURCE_DOES_NOT_EXIST", "assignment");
        await store.assignRole(username, role.id);
        await store.deleteRole(role.id);
        expect(await store.listUserRoles(username)).toEqual([]);
        await refused(store.getRole(role.id), "RESOURCE_DOES_NOT_EXIST", `Role with id=${role.id} not found`);
      });

      test("follow the groups of an identity provider and leave other roles alone", async () => {
        const [risk, data, hand] = await Promise.all(
          ["risk", "data", "hand"].map((word) => store.createRole({ name: fresh(word), workspace: "default" })),
        );
        const { username } = await user();
        await store.assignRole(username, hand!.id);
        await store.assignRole(username, risk!.id);
        await store.syncRoles(username, [risk!.name, data!.name], [data!.name]);
        const now = (await store.listUserRoles(username)).map((role) => role.name);
        expect(new Set(now)).toEqual(new Set([hand!.name, data!.name]));
      });

      test("of another workspace give nothing here", async () => {
        const role = await store.createRole({ name: fresh("role"), workspace: "elsewhere" });
        await store.addRolePermission(role.id, READ_ONE);
        const { id, username } = await user();
        await store.assignRole(username, role.id);
        expect(await store.getSubject(id)).toMatchObject({ grants: [], workspaces: ["elsewhere"] });
      });
    });

    describe("grants", () => {
      test("are given, changed and taken", async () => {
        const { id, username } = await user();
        await store.grant(username, READ_ONE);
        await refused(store.grant(username, READ_ONE), "RESOURCE_ALREADY_EXISTS", `Permission for user=${username}`);
        await store.changeGrant(username, { ...READ_ONE, permission: "DENY" });
        expect(await store.findGrant(username, READ_ONE)).toMatchObject({ permission: "DENY" });
        expect((await store.getSubject(id))?.grants).toEqual([{ ...READ_ONE, permission: "DENY" }]);
        await store.revoke(username, READ_ONE);
        await refused(store.revoke(username, READ_ONE), "RESOURCE_DOES_NOT_EXIST", "not found");
        await refused(store.changeGrant(username, READ_ONE), "RESOURCE_DOES_NOT_EXIST", "not found");
        expect(await store.findGrant(username, READ_ONE)).toBeUndefined();
      });

      test.each([
        [{ ...READ_ONE, permission: "OWN" }, "INVALID_PARAMETER_VALUE", "Invalid permission 'OWN'"],
        [{ ...READ_ONE, permission: "NO_PERMISSIONS" }, "INVALID_PARAMETER_VALUE", "Resource-level grants accept only"],
        [{ ...READ_ONE, resourceType: "folder" }, "INVALID_PARAMETER_VALUE", "Invalid resource type 'folder'"],
        [{ ...READ_ONE, resourceType: "run" }, "INVALID_PARAMETER_VALUE", "only wildcard"],
        [{ ...READ_ONE, resourceType: "workspace" }, "INVALID_PARAMETER_VALUE", "'workspace' is not supported"],
        [{ ...READ_ONE, resourceType: "scorer" }, "NOT_IMPLEMENTED", "no resources of the type 'scorer'"],
      ] as const)("refuse %j", async (grant, code, text) => {
        const { username } = await user();
        await refused((async () => store.grant(username, grant))(), code, text);
      });

      test("come with what is created, follow a new name and end with the old", async () => {
        const { id, username } = await user();
        const experimentId = await store.createExperiment({ name: fresh("owned"), tags: [], owner: id });
        const [name, newName] = [fresh("model"), fresh("model")];
        await store.createRegisteredModel({ name, tags: [], owner: id });
        const prompt = fresh("prompt");
        const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
        await store.createRegisteredModel({ name: prompt, tags, owner: id });
        const token = fresh("token");
        await store.createToken({
          id: token,
          userId: id,
          name: "bound",
          hash: "h",
          scopes: ["read", "write"],
          resources: [{ type: "registered_model", id: name }],
          expiresAt: 5,
        });
        await store.renameRegisteredModel(name, newName);
        const manage = (resourceType: string, resourcePattern: string) => ({
          resourceType,
          resourcePattern,
          permission: "MANAGE",
        });
        const grants = (await store.getSubject(id))?.grants ?? [];
        expect(grants).toHaveLength(3);
        expect(grants).toEqual(
          expect.arrayContaining([
            manage("experiment", experimentId),
            manage("registered_model", newName),
            manage("prompt", prompt),
          ]),
        );
        expect(await store.findToken(token)).toMatchObject({
          scopes: ["read", "write"],
          resources: [{ type: "registered_model", id: newName }],
        });
        await store.deleteRegisteredModel(newName);
        await store.createRegisteredModel({ name: newName, tags: [] });
        expect(await store.findGrant(username, manage("registered_model", newName))).toBeUndefined();
        const role = await store.createRole({ name: fresh("role"), workspace: "default" });
        const kept = await store.addRolePermission(role.id, manage("registered_model", newName));
        await store.deleteRegisteredModel(newName);
        expect(await store.getRolePermission(kept.id)).toEqual(kept);
      });
    });

    test("tokens are found by id, listed, touched and revoked once", async () => {
      const { id: userId } = await user();
      const id = fresh("token");
      const input = { id, userId, name: "ci", hash: "abc", scopes: ["read" as const], resources: [], expiresAt: 9 };
      const made = await store.createToken(input);
      expect(made).toMatchObject({ id, userId, name: "ci", scopes: ["read"], expiresAt: 9 });
      expect(made).not.toHaveProperty("hash");
      await store.touchToken(id);
      expect(await store.findToken(id)).toMatchObject({ hash: "abc", lastUsedAt: expect.any(Number) });
      await store.revokeToken(id);
      const { revokedAt } = (await store.findToken(id))!;
      expect(revokedAt).toEqual(expect.any(Number));
      await store.revokeToken(id);
      expect(await store.findToken(id)).toMatchObject({ revokedAt });
      await refused(store.revokeToken("none"), "RESOURCE_DOES_NOT_EXIST", "Token with id=none not found");
      expect(await store.listTokens(userId)).toHaveLength(1);
    });

    test("what a sign-in began with is given back once, and not too late", async () => {
      const [live, over] = [fresh("flow"), fresh("flow")];
      await store.saveSignInFlow({ hash: over, data: "late", expiresAt: 0, most: 10 });
      expect(await store.takeSignInFlow(over)).toBeUndefined();
      await store.saveSignInFlow({ hash: live, data: "begun", expiresAt: Number.MAX_SAFE_INTEGER, most: 10 });
      expect(await store.takeSignInFlow(live)).toBe("begun");
      expect(await store.takeSignInFlow(live)).toBeUndefined();
      expect(await store.takeSignInFlow("unknown")).toBeUndefined();
    });

    test("of begun sign-ins the newest are kept, so that nobody fills the database", async () => {
      const hashes = Array.from({ length: 5 }, () => fresh("flow"));
      for (const [age, hash] of hashes.entries()) {
        const expiresAt = Number.MAX_SAFE_INTEGER - 10 + age;
        await store.saveSignInFlow({ hash, data: hash, expiresAt, most: 3 });
      }
      const kept = await Promise.all(hashes.map((hash) => store.takeSignInFlow(hash)));
      expect(kept).toEqual([undefined, undefined, ...hashes.slice(2)]);
    });

    test("a session knows what the identity provider said, and takes it along when it ends", async () => {
      const { id: userId } = await user();
      const [plain, external] = [fresh("session"), fresh("session")];
      await store.createSession({ hash: plain, userId, expiresAt: Number.MAX_SAFE_INTEGER });
      await store.createSession({ hash: external, userId, expiresAt: Number.MAX_SAFE_INTEGER, idToken: "a.b.c" });
      expect(await store.idTokenOfSession(plain)).toBeUndefined();
      expect(await store.idTokenOfSession(external)).toBe("a.b.c");
      await store.endSession(external);
      expect(await store.idTokenOfSession(external)).toBeUndefined();
    });

    test("sessions end by time and by hand", async () => {
      const { id: userId } = await user();
      const [over, live] = [fresh("session"), fresh("session")];
      await store.createSession({ hash: live, userId, expiresAt: Number.MAX_SAFE_INTEGER });
      await store.createSession({ hash: over, userId, expiresAt: 1 });
      expect(await store.findSession(over)).toBeUndefined();
      await store.touchSession(live);
      expect(await store.findSession(live)).toMatchObject({ userId, lastSeenAt: expect.any(Number) });
      await store.endSession(live);
      expect(await store.findSession(live)).toBeUndefined();
    });

    test("failures are counted in a window", async () => {
      const [a, b] = [fresh("key"), fresh("key")];
      await store.recordFailures([a, b], 60_000);
      await store.recordFailures([a], 60_000);
      const found = await store.failures([a, b]);
      expect([found.get(a)?.count, found.get(b)?.count]).toEqual([2, 1]);
      await store.forgetFailures(a);
      expect((await store.failures([a, b])).has(a)).toBe(false);
      await store.recordFailures([a], 0);
      expect((await store.failures([a])).has(a)).toBe(false);
    });

    test("a secret is made once", async () => {
      const name = fresh("secret");
      const made = await Promise.all([1, 2, 3].map((n) => store.secret(name, () => `made ${n}`)));
      expect(new Set(made).size).toBe(1);
      expect(await store.secret(name, () => "other")).toBe(made[0]);
    });

    test("a set-up token makes the first admin and no second", async () => {
      const admins = (await store.listUsers()).filter((one) => one.isAdmin);
      expect(admins.length).toBeGreaterThan(0);
      await store.saveSetupToken("setup", Number.MAX_SAFE_INTEGER);
      const admin = { username: fresh("admin"), passwordHash: "h" };
      await refused(store.setUp("setup", admin), "UNAUTHENTICATED", "set-up token");
    });

    test("owners of runs, models and places are found, deleted ones too", async () => {
      const experiment = await store.createExperiment({
        name: fresh("placed"),
        artifactLocation: `mlflow-artifacts:/team_${names}/pix`,
        tags: [],
      });
      const run = await newRun(store, experiment);
      await store.logBatch(run, NO_ENTRIES);
      await store.deleteRun(run);
      const logged = await store.createLoggedModel({ experimentId: experiment, params: [], tags: [] });
      await store.deleteLoggedModel(logged.modelId);
      const { name } = await store.getExperiment(experiment);
      const place = `mlflow-artifacts:/team_${names}`;
      const found = await store.ownersOf({
        runs: [run, "none"],
        loggedModels: [logged.modelId],
        experimentNames: [name, "none"],
        locations: [`${place}/pix/${run}/artifacts/a.txt`],
      });
      expect([...found.runs]).toEqual([[run, experiment]]);
      expect([...found.loggedModels]).toEqual([[logged.modelId, experiment]]);
      expect([...found.experimentNames]).toEqual([[name, experiment]]);
      expect(found.locations.map((one) => one.experimentId)).toEqual([experiment]);
      const at = async (location: string) =>
        (await store.ownersOf({ locations: [location] })).locations.map((one) => one.experimentId);
      expect(await at(place)).toEqual([experiment]);
      expect(await at(`${place}/pix`)).toEqual([experiment]);
      expect(await at(`${place}/pix-other/x`)).toEqual([]);
      // "_" is a letter here, not LIKE's wildcard.
      expect(await at(place.replace("_", "x"))).toEqual([]);
    });

    test("searches tell only what is visible, in full pages", async () => {
      const word = fresh("seen");
      const ids: string[] = [];
      for (let index = 0; index < 5; index++) {
        ids.push(await store.createExperiment({ name: `${word} ${index}`, tags: [] }));
        await store.createRegisteredModel({ name: `${word} ${index}`, tags: [] });
        await store.createModelVersion({ name: `${word} ${index}`, source: "s3://b/m", tags: [] });
      }
      const filter = `name LIKE '${word}%'`;
      const [one, , three] = ids;
      const search = async (visible: { mode: "only" | "except"; ids: string[] }) =>
        (await store.searchExperiments({ filter, orderBy: ["name"], maxResults: 2, visible })).items.map(
          (e) => e.experimentId,
        );
      expect(await search({ mode: "only", ids: [three!, one!] })).toEqual([one, three]);
      expect(await search({ mode: "except", ids: [one!, three!] })).toEqual([ids[1], ids[3]]);
      expect(await search({ mode: "only", ids: [] })).toEqual([]);
      const all = { mode: "except" as const, ids: [] };
      const only = { mode: "only" as const, ids: [`${word} 4`] };
      const page = await store.searchRegisteredModels({
        filter,
        maxResults: 1,
        visible: { models: only, prompts: all },
      });
      expect(page.items.map((model) => model.name)).toEqual([`${word} 4`]);
      expect(page.nextPageToken).toBeUndefined();
      const versions = await store.searchModelVersions({ filter, visible: { models: only, prompts: all } });
      expect(versions.items.map((version) => version.name)).toEqual([`${word} 4`]);
    });
  });
}
