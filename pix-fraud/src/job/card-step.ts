import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { renderCardJson } from "@esteira/lifecycle/card/card";
import { gatherCard } from "@esteira/lifecycle/card/gather-card";
import { renderCardHtml } from "@esteira/lifecycle/card/render-html";
import { renderCardMarkdown } from "@esteira/lifecycle/card/render-markdown";
import type { JobContext } from "./context.ts";
import { LANGUAGES } from "./options.ts";

/** Leaves the card of a version with the run that made it: `card/model-card.json`, and pages in either language. */
export async function keepCard(
  { client, clock }: Pick<JobContext, "client" | "clock">,
  { name, version }: ModelVersion,
  runArtifactUri: string,
): Promise<void> {
  const card = await gatherCard(client, name, version, clock());
  const files = [
    ["model-card.json", renderCardJson(card)],
    ...LANGUAGES.flatMap((language) => [
      [`model-card.${language}.html`, renderCardHtml(card, { language })],
      [`model-card.${language}.md`, renderCardMarkdown(card, { language })],
    ]),
  ] as const;
  await Promise.all(files.map(([file, text]) => client.artifacts.write(runArtifactUri, `card/${file}`, text)));
}
