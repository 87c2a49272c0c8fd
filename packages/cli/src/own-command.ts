import { fileURLToPath } from "node:url";

/** The file that is this very command, in a clone and as it is published: Node runs it. */
export const OWN_COMMAND = fileURLToPath(new URL("../bin/esteira.mjs", import.meta.url));
