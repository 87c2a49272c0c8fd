import type { CommandOption } from "./command.ts";

export const MODEL_URI: CommandOption = {
  flags: "-m, --model-uri <uri>",
  summary: "a folder, models:/NAME/VERSION, models:/NAME@ALIAS, models:/m-ID or runs:/RUN_ID/PATH",
  required: true,
};
