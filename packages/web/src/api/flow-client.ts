import { flowsOf } from "@esteira/sdk/flows";
import { transport } from "./client.ts";

export const flowClient = flowsOf(transport);
