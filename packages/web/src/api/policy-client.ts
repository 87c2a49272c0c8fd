import { policiesOf } from "@esteira/sdk/policies";
import { transport } from "./client.ts";

export const policyClient = policiesOf(transport);
