import { modelVersionsOf } from "@esteira/sdk/model-versions";
import { transport } from "./client.ts";

export const modelVersionClient = modelVersionsOf(transport);
