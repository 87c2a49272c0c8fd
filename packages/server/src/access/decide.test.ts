import type { Grant } from "@esteira/core/entities/access";
import { PERMISSIONS } from "@esteira/core/permissions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allows, isMet, narrow, permissionOn, type Requirement, type Standing, visible } from "./decide.ts";

const ACTIONS = ["read", "use", "update", "delete", "manage"] as const;
const TYPES = ["experiment", "registered_model", "run"] as const;
const IDS = ["*", "1", "2", "3"] as const;

const grant = fc.record({
  resourceType: fc.constantFrom(...TYPES),
  resourcePattern: fc.constantFrom(...IDS),
  permission: fc.constantFrom("READ", "USE", "EDIT", "MANAGE", "DENY"),
});
const standing = fc.record({
  isAdmin: fc.constant(false),
  grants: fc.array(grant, { maxLength: 6 }),
  defaultPermission: fc.constantFrom("NO_PERMISSIONS", "READ", "EDIT"),
}) as fc.Arbitrary<Standing>;
const requirement = fc.record({
  type: fc.constantFrom(...TYPES),
  id: fc.constantFrom("1", "2", "9"),
  action: fc.constantFrom(...ACTIONS),
}) as fc.Arbitrary<Requirement>;

const user = (
  grants: readonly Grant[],
  defaultPermission: Standing["defaultPermission"] = "NO_PERMISSIONS",
): Standing => ({
  isAdmin: false,
  grants,
  defaultPermission,
});
const on = (resourcePattern: string, permission: string, resourceType = "experiment"): Grant => ({
  resourceType,
  resourcePattern,
  permission,
});

describe("a decision", () => {
  it("grows with the level", () => {
    const levels = ["DENY", "NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE"] as const;
    expect(new Set(levels)).toEqual(new Set(PERMISSIONS));
    for (const action of ACTIONS) {
      const met = levels.map((level) => allows(level, action));
      expect(met).toEqual([...met].sort());
    }
  });

  it("is no without a grant, and yes for an admin", () => {
    fc.assert(
      fc.property(requirement, fc.array(grant), (need, grants) => {
        expect(isMet(user([]), need)).toBe(false);
        expect(isMet({ ...user(grants), isAdmin: true }, need)).toBe(true);
        expect(isMet(user([...grants, on("*", "MANAGE", "workspace")]), need)).toBe(true);
      }),
    );
  });

  it("is no wherever there is a DENY, whatever stands beside it", () => {
    fc.assert(
      fc.property(standing, requirement, fc.constantFrom("*", "same"), (one, need, pattern) => {
        const denied = on(pattern === "*" ? "*" : need.id, "DENY", need.type);
        expect(isMet({ ...one, grants: [...one.grants, denied] }, need)).toBe(false);
      }),
    );
  });

  it("never shrinks by a grant that is no DENY", () => {
    fc.assert(
      fc.property(standing, requirement, grant, (one, need, more) => {
        if (more.permission === "DENY" || !isMet(one, need)) return;
        expect(isMet({ ...one, grants: [...one.grants, more] }, need)).toBe(true);
      }),
    );
  });

  it("looks at what holds a thing only when there is no grant on its own kind", () => {
    const inside: Requirement = {
      type: "run",
      id: "*",
      action: "update",
      fallback: [{ type: "experiment", id: "1" }],
    };
    expect(isMet(user([on("1", "EDIT")]), inside)).toBe(true);
    expect(isMet(user([on("1", "MANAGE"), on("*", "READ", "run")]), inside)).toBe(false);
    expect(isMet(user([on("1", "READ"), on("*", "EDIT", "run")]), inside)).toBe(true);
    expect(permissionOn(user([on("2", "EDIT")], "READ"), inside)).toBe("READ");
  });

  it("gives a grant no less than the default", () => {
    expect(permissionOn(user([on("1", "READ")], "EDIT"), { type: "experiment", id: "1" })).toBe("EDIT");
    expect(permissionOn(user([on("1", "DENY")], "EDIT"), { type: "experiment", id: "1" })).toBe("DENY");
  });
});

describe("what a search may tell", () => {
  const holds = (seen: { mode: string; ids: readonly string[] }, id: string) =>
    seen.ids.includes(id) === (seen.mode === "only");

  it("is what may be read one by one", () => {
    fc.assert(
      fc.property(standing, fc.constantFrom(...TYPES), fc.constantFrom("1", "2", "3", "9"), (one, type, id) => {
        expect(holds(visible(one, type), id)).toBe(isMet(one, { type, id, action: "read" }));
      }),
    );
  });

  it("is narrowed by a token to what it is bound to", () => {
    fc.assert(
      fc.property(standing, fc.subarray(["1", "2", "9"]), fc.constantFrom("1", "2", "3", "9"), (one, bound, id) => {
        const narrowed = narrow(visible(one, "experiment"), bound);
        expect(holds(narrowed, id)).toBe(bound.includes(id) && isMet(one, { type: "experiment", id, action: "read" }));
      }),
    );
  });
});
