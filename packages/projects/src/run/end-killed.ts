/** A program: ends the run of its first argument, whose launcher, the second, was killed. `guardRun` starts it. */

import { runId } from "@esteira/core/ids";
import { clientFromEnvironment } from "@esteira/sdk/node/tracking-uri";
import { endKilled } from "./launcher.ts";

const [, , id = "", launcher = ""] = process.argv;
await endKilled(clientFromEnvironment(process.env), runId(id), launcher, Date.now());
