import { deploymentsOf } from "@esteira/sdk/deployments";
import { transport } from "./client.ts";

export const deploymentClient = deploymentsOf(transport);
