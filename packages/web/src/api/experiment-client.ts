import { experimentsOf } from "@esteira/sdk/experiments";
import { transport } from "./client.ts";

export const experimentClient = experimentsOf(transport);
