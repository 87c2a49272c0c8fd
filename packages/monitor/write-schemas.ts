/** Writes the JSON Schema of monitor.yaml from its own definition: `npm run schema -w packages/monitor`. */
import { writeFileSync } from "node:fs";
import { monitorJsonSchema } from "./src/file/monitor-file.ts";

writeFileSync(
  new URL("./schema/monitor.schema.json", import.meta.url),
  `${JSON.stringify(monitorJsonSchema(), null, 2)}\n`,
);
