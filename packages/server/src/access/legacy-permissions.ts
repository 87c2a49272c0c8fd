import type { AccessStore } from "@esteira/core/access-store";
import { notFound } from "@esteira/core/errors";
import { checkPermission } from "@esteira/core/permissions";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import type { Audit } from "./audit.ts";
import { administers, manage } from "./policy.ts";

interface Kind {
  /** Under which MLflow 2 has its calls. */
  readonly path: string;
  readonly type: "experiment" | "registered_model";
  readonly field: "experiment_id" | "name";
  readonly answer: "experiment_permission" | "registered_model_permission";
  readonly of: "experiment" | "model";
}

const KINDS: readonly Kind[] = [
  {
    path: "/experiments/permissions",
    type: "experiment",
    field: "experiment_id",
    answer: "experiment_permission",
    of: "experiment",
  },
  {
    path: "/registered-models/permissions",
    type: "registered_model",
    field: "name",
    answer: "registered_model_permission",
    of: "model",
  },
];

/** What MLflow 2 called NO_PERMISSIONS on a resource is a DENY since MLflow 3. */
const toLevel = (permission: string): string =>
  checkPermission(permission) === "NO_PERMISSIONS" ? "DENY" : permission;
const fromLevel = (permission: string): string => (permission === "DENY" ? "NO_PERMISSIONS" : permission);

/** The calls by which clients of MLflow 2 grant: the same grants, under the names of their resources. */
export const legacyPermissionEndpoints = (store: AccessStore, audit: Audit): readonly Endpoint[] =>
  KINDS.flatMap((kind) => endpointsOf(kind, store, audit));

function endpointsOf({ path, type, field, answer, of }: Kind, store: AccessStore, audit: Audit): readonly Endpoint[] {
  const policy = administers(manage(of, field));
  const named = z.object({ [field]: requiredText, username: requiredText });
  const leveled = z.object({ [field]: requiredText, username: requiredText, permission: requiredText });
  const output = z.object({
    [answer]: z.object({ user_id: z.number(), permission: z.string() }).loose(),
  });
  const read = (input: Record<string, string>) => ({ id: input[field] ?? "", username: input.username ?? "" });
  const told = async (username: string, id: string, permission: string) => {
    const user = await store.getUser(username);
    return { [answer]: { [field]: id, user_id: user.id, permission: fromLevel(permission) } };
  };
  return [
    endpoint({
      method: "POST",
      path: `${path}/create`,
      policy,
      summary: "Give a user a permission, as clients of MLflow 2 do",
      input: leveled,
      output,
      run: async (input, _, { user }) => {
        const { id, username } = read(input);
        const permission = toLevel(input.permission ?? "");
        await store.grant(username, { resourceType: type, resourcePattern: id, permission });
        audit("permission-changed", { user: username, type, id, permission, by: user?.username });
        return told(username, id, permission);
      },
    }),
    endpoint({
      method: "GET",
      path: `${path}/get`,
      policy,
      summary: "Get the permission granted to a user, as clients of MLflow 2 do",
      input: named,
      output,
      run: async (input) => {
        const { id, username } = read(input);
        const found = await store.findGrant(username, { resourceType: type, resourcePattern: id });
        if (found === undefined) {
          throw notFound(`No permission of user=${username} on ${type}=${id} was granted.`);
        }
        return told(username, id, found.permission);
      },
    }),
    endpoint({
      method: "PATCH",
      path: `${path}/update`,
      policy,
      summary: "Change a permission granted to a user, as clients of MLflow 2 do",
      input: leveled,
      output: nothing,
      run: async (input, _, { user }) => {
        const { id, username } = read(input);
        const permission = toLevel(input.permission ?? "");
        await store.changeGrant(username, { resourceType: type, resourcePattern: id, permission });
        audit("permission-changed", { user: username, type, id, permission, by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "DELETE",
      path: `${path}/delete`,
      policy,
      summary: "Take a permission from a user, as clients of MLflow 2 do",
      input: named,
      output: nothing,
      run: async (input, _, { user }) => {
        const { id, username } = read(input);
        await store.revoke(username, { resourceType: type, resourcePattern: id });
        audit("permission-changed", { user: username, type, id, permission: "none", by: user?.username });
        return {};
      },
    }),
  ];
}
