/** Writes the JSON Schemas of gate.yaml and models.yaml from their own definitions: `npm run schema -w packages/lifecycle`. */
import { writeFileSync } from "node:fs";
import { desiredStateJsonSchema } from "./src/desired/desired-state.ts";
import { gateJsonSchema } from "./src/gates/json-schema.ts";

for (const [file, schema] of [
  ["gate", gateJsonSchema()],
  ["models", desiredStateJsonSchema()],
] as const) {
  writeFileSync(new URL(`./schema/${file}.schema.json`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
