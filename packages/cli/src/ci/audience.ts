import { invalid } from "@esteira/core/errors";
import { type Terminal, text, type Values } from "../command.ts";

/** For whom a CI's token is: this server, by the address that everybody uses, unless another text was agreed on. */
export function audienceOf(values: Values, env: Terminal["env"]): string {
  const audience = text(values, "audience") ?? env.MLFLOW_TRACKING_URI?.replace(/\/+$/, "");
  if (audience) return audience;
  throw invalid("MLFLOW_TRACKING_URI is not set: it is the server's address, and the audience of the CI's tokens.");
}
