import type { RegistryStore } from "@esteira/core/registry-store";
import { modelVersionToWire, modelVersionWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { read, reads, registers, registersAs, remove, update } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";

const byAlias = z.object({ name: requiredText, alias: requiredText });

export function aliasEndpoints(store: RegistryStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/registered-models/alias",
      policy: registersAs("promote")(update("model", "name"), read("version", "name")),
      summary: "Point an alias of a registered model to a version",
      input: z.object({ name: requiredText, alias: requiredText, version: requiredText }),
      output: nothing,
      run: async ({ name, alias, version }, _, caller) => {
        await store.as(caller.actor).setAlias(name, alias, version);
        return {};
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/registered-models/alias",
      policy: registers(remove("model", "name"), read("version", "name")),
      summary: "Delete an alias of a registered model",
      input: byAlias,
      output: nothing,
      run: async ({ name, alias }, _, caller) => {
        await store.as(caller.actor).deleteAlias(name, alias);
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/registered-models/alias",
      policy: reads(read("version", "name")),
      summary: "Get the version that an alias points to",
      input: byAlias,
      output: z.object({ model_version: modelVersionWire }),
      run: async ({ name, alias }) => ({
        model_version: modelVersionToWire(await store.getVersionByAlias(name, alias)),
      }),
    }),
  ];
}
