/** Writes schema/gate.schema.json from the gate's own definition: `npm run schema -w packages/lifecycle`. */
import { writeFileSync } from "node:fs";
import { gateJsonSchema } from "./src/gates/json-schema.ts";

writeFileSync(new URL("./schema/gate.schema.json", import.meta.url), `${JSON.stringify(gateJsonSchema(), null, 2)}\n`);
