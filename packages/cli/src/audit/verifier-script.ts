import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The file of the program that verifies an export by itself: beside the sources in a clone, beside `dist` in the package. */
export function verifierScript(): string {
  const places = ["../../verifier/verify-timeline.mjs", "../verifier/verify-timeline.mjs"];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? files[0] ?? "";
}
