import { z } from "zod";
import { gateSchema } from "./gate.ts";

/** The JSON Schema of `gate.yaml`, for editors: what a person writes, defaults not yet filled in. */
export function gateJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(gateSchema, { io: "input", target: "draft-2020-12" }),
    title: "Esteira promotion gate",
    description: "Checks that a model version passes before it is promoted.",
  };
}
