import { type CommandOption, type Terminal, text, type Values } from "./command.ts";

/** The option of commands that work on a database without a server. */
export const backendStore: CommandOption = {
  flags: "--backend-store-uri <uri>",
  summary: "database, as for `esteira server`; also MLFLOW_BACKEND_STORE_URI (default: sqlite:///mlflow.db)",
};

export const storeUri = (values: Values, { env }: Pick<Terminal, "env">): string =>
  text(values, "backendStoreUri") ?? env.MLFLOW_BACKEND_STORE_URI ?? "sqlite:///mlflow.db";
