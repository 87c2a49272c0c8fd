import { timelineOf } from "@esteira/sdk/timeline";
import { transport } from "./client.ts";

export const timelineClient = timelineOf(transport);
