import { createHash } from "node:crypto";
import { CATALOGUE, CATALOGUE_VERSION } from "./catalogue.ts";
import type { FeatureDefinition } from "./feature.ts";

/** What a reader of the catalogue sees of a feature; snake_case, absent fields left out. */
const described = (feature: FeatureDefinition): Record<string, unknown> => ({
  name: feature.name,
  definition: feature.definition,
  window: feature.window,
  unit: feature.unit,
  entity: feature.entity,
  point_in_time: feature.pit,
  ...(feature.requires === undefined ? {} : { requires: feature.requires }),
  ...(feature.monotone === undefined ? {} : { monotone: feature.monotone }),
});

/**
 * SHA-256, hexadecimal, of the definitions in their order and of CATALOGUE_VERSION: the version of a feature set. Two
 * tables with one digest have columns that mean the same.
 */
export const catalogueDigest = (features: readonly FeatureDefinition[] = CATALOGUE): string =>
  createHash("sha256")
    .update(JSON.stringify({ version: CATALOGUE_VERSION, features: features.map(described) }))
    .digest("hex");

/** The catalogue as indented JSON: `{version, digest, features: [...]}`. */
export const catalogueJson = (features: readonly FeatureDefinition[] = CATALOGUE): string =>
  JSON.stringify(
    { version: CATALOGUE_VERSION, digest: catalogueDigest(features), features: features.map(described) },
    null,
    2,
  );

const POINTS_IN_TIME: Readonly<Record<FeatureDefinition["pit"], string>> = {
  P1: "earlier rows only",
  P2: "earlier rows and the row's own fields",
  P3: "a table valid at the instant",
  P4: "a directory as read at the instant",
  P5: "frauds known by the instant",
  P6: "edges first seen in earlier rows",
};

/** The catalogue as a Markdown table, with the point-in-time codes explained below. */
export const catalogueMarkdown = (features: readonly FeatureDefinition[] = CATALOGUE): string => {
  const rows = features.map((feature) => {
    const monotone = feature.monotone === undefined ? "" : feature.monotone > 0 ? "rises" : "falls";
    const cells = [
      `\`${feature.name}\``,
      feature.definition,
      feature.window,
      feature.unit,
      feature.entity,
      feature.pit,
    ];
    return `| ${[...cells, monotone].join(" | ")} |`;
  });
  return [
    `${features.length} features, version \`${catalogueDigest(features).slice(0, 12)}\`.`,
    "",
    "| feature | definition | window | unit | entity | knows | score |",
    "|---|---|---|---|---|---|---|",
    ...rows,
    "",
    ...Object.entries(POINTS_IN_TIME).map(([code, meaning]) => `- ${code}: ${meaning}.`),
    "",
  ].join("\n");
};
