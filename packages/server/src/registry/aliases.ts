import type { RegistryStore } from "@esteira/core/registry-store";
import { modelVersionToWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";

const byAlias = z.object({ name: requiredText, alias: requiredText });

export function aliasEndpoints(store: RegistryStore): readonly Endpoint[] {
  return [
    endpoint(
      "POST",
      "/registered-models/alias",
      z.object({ name: requiredText, alias: requiredText, version: requiredText }),
      async ({ name, alias, version }) => {
        await store.setAlias(name, alias, version);
        return {};
      },
    ),
    endpoint("DELETE", "/registered-models/alias", byAlias, async ({ name, alias }) => {
      await store.deleteAlias(name, alias);
      return {};
    }),
    endpoint("GET", "/registered-models/alias", byAlias, async ({ name, alias }) => ({
      model_version: modelVersionToWire(await store.getVersionByAlias(name, alias)),
    })),
  ];
}
