import { artifactsOf } from "@esteira/sdk/artifacts";
import { transport } from "./client.ts";

export const artifactClient = artifactsOf(transport);
