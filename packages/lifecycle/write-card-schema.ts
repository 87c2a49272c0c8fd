/** Writes schema/model-card.schema.json from the card's own definition: `npm run schema -w packages/lifecycle`. */
import { writeFileSync } from "node:fs";
import { modelCardJsonSchema } from "./src/card/card.ts";

const file = new URL("./schema/model-card.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(modelCardJsonSchema(), null, 2)}\n`);
