import { runQueriesOf } from "@esteira/sdk/run-queries";
import { runsOf } from "@esteira/sdk/runs";
import { transport } from "./client.ts";

export const runClient = { ...runsOf(transport), ...runQueriesOf(transport) };
