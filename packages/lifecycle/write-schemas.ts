/** Writes the JSON Schemas of gate.yaml, models.yaml and model cards from their own definitions: `npm run schema -w packages/lifecycle`. */
import { writeFileSync } from "node:fs";
import { modelCardJsonSchema } from "./src/card/card.ts";
import { desiredStateJsonSchema } from "./src/desired/desired-state.ts";
import { gateJsonSchema } from "./src/gates/json-schema.ts";

for (const [file, schema] of [
  ["gate", gateJsonSchema()],
  ["models", desiredStateJsonSchema()],
  ["model-card", modelCardJsonSchema()],
] as const) {
  writeFileSync(new URL(`./schema/${file}.schema.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
