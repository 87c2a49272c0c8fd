import { loggedModelsOf } from "@esteira/sdk/logged-models";
import { transport } from "./client.ts";

export const loggedModelClient = loggedModelsOf(transport);
