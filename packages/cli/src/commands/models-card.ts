import { writeFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { ModelCard } from "@esteira/lifecycle/card/card";
import { parseModelUri, resolveModel } from "@esteira/sdk/node/model-uri";
import { type Command, text } from "../command.ts";
import { trackingClient } from "../tracking.ts";

const FORMATS = ["html", "md", "json"] as const;
const LANGUAGES = ["en", "pt-BR"] as const;

export const modelsCard: Command = {
  name: "models card",
  summary: "Write a model's card, of what its server knows: purpose, data, metrics, limits, approvals, lineage",
  options: [
    {
      flags: "-m, --model-uri <uri>",
      summary: "a registered version: models:/NAME/VERSION, models:/NAME@ALIAS or models:/NAME/STAGE",
      required: true,
    },
    { flags: "--format <format>", summary: "html, md or json (default: what the file's name says, else md)" },
    { flags: "--lang <language>", summary: "en or pt-BR", default: "en" },
    { flags: "-o, --output <file>", summary: "where to write it, instead of standard output" },
  ],
  async run(values, terminal) {
    const uri = text(values, "modelUri") ?? "";
    const output = text(values, "output");
    const format = oneOf("--format", FORMATS, text(values, "format") ?? formatOf(output));
    const language = oneOf("--lang", LANGUAGES, text(values, "lang") ?? "en");
    const parsed = parseModelUri(uri);
    if (!("name" in parsed))
      throw invalid(
        `'${uri}' is no registered version, and a card tells of one: give models:/NAME/VERSION or models:/NAME@ALIAS.`,
      );
    const client = trackingClient(terminal);
    const { name, version } = await resolveModel(uri, () => client);
    const { gatherCard } = await import("@esteira/lifecycle/card/gather-card");
    const card = await gatherCard(client, name, version, Date.now());
    const written = await render(card, format, language);
    if (output === undefined) terminal.out(written.trimEnd());
    else await writeFile(output, written);
    return 0;
  },
};

async function render(
  card: ModelCard,
  format: (typeof FORMATS)[number],
  language: (typeof LANGUAGES)[number],
): Promise<string> {
  switch (format) {
    case "json":
      return (await import("@esteira/lifecycle/card/card")).renderCardJson(card);
    case "md":
      return (await import("@esteira/lifecycle/card/render-markdown")).renderCardMarkdown(card, { language });
    case "html":
      return (await import("@esteira/lifecycle/card/render-html")).renderCardHtml(card, { language });
  }
}

/** A terminal reads Markdown best. */
const formatOf = (output: string | undefined): string =>
  /\.html?$/i.test(output ?? "") ? "html" : /\.json$/i.test(output ?? "") ? "json" : "md";

function oneOf<const T extends readonly string[]>(flag: string, allowed: T, given: string): T[number] {
  const found = allowed.find((item) => item === given);
  if (found === undefined) throw invalid(`${flag} is '${given}': expected one of ${allowed.join(", ")}.`);
  return found;
}
