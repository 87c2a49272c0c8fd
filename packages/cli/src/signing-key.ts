import { type CommandOption, type Terminal, text, type Values } from "./command.ts";

export const SIGNING_KEY: CommandOption = {
  flags: "--signing-key <file>",
  summary:
    "the key that signs the timeline, made when it is absent; also ESTEIRA_SIGNING_KEY (default: beside a SQLite file; on PostgreSQL nothing is signed)",
};

export const signingKey = (values: Values, env: Terminal["env"]): string | undefined =>
  text(values, "signingKey") ?? env.ESTEIRA_SIGNING_KEY;
