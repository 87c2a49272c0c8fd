import type { Scope } from "@esteira/core/entities/access";
import { invalid } from "@esteira/core/errors";
import { rightsWire } from "@esteira/core/wire/access";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";
import { manage, type Need, remove, signedIn, update } from "./policy.ts";

interface Asked {
  readonly scope: Scope;
  readonly need: Need;
}

/** What routes ask of who changes something: the same needs, so that what is told is what is done. */
const NEEDS: Readonly<Record<string, Readonly<Record<"update" | "delete" | "manage", Asked>>>> = {
  experiment: {
    update: { scope: "write", need: update("experiment", "resource_id") },
    delete: { scope: "write", need: remove("experiment", "resource_id") },
    manage: { scope: "admin", need: manage("experiment", "resource_id") },
  },
  registered_model: {
    update: { scope: "registry", need: update("version", "resource_id") },
    delete: { scope: "registry", need: remove("version", "resource_id") },
    manage: { scope: "admin", need: manage("model", "resource_id") },
  },
};

/** For pages: what the caller may do to something, before it is tried. */
export const rightsEndpoint: Endpoint = endpoint({
  method: "GET",
  path: "/access/rights",
  policy: signedIn(),
  summary: "Say what the caller may do to an experiment, or a registered model and its versions",
  input: z.object({ resource_type: requiredText, resource_id: requiredText }),
  output: rightsWire,
  run: async (input, _, caller) => {
    const needs = NEEDS[input.resource_type];
    if (needs === undefined)
      throw invalid(`'resource_type' is '${input.resource_type}': expected ${Object.keys(NEEDS).join(" or ")}.`);
    const asked = [needs.update, needs.delete, needs.manage];
    const [mayUpdate = false, mayDelete = false, mayManage = false] = await caller.meets(asked, { input, params: {} });
    return { update: mayUpdate, delete: mayDelete, manage: mayManage };
  },
});
