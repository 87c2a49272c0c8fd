import { registeredModelsOf } from "@esteira/sdk/registered-models";
import { transport } from "./client.ts";

export const registeredModelClient = registeredModelsOf(transport);
