import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { canonicalJson, type JsonObject } from "@esteira/core/timeline/json";

export type Links =
  | { readonly state: "good"; readonly count: number }
  | { readonly state: "bad"; readonly sequence: number }
  /** Browsers hash on secure addresses alone. */
  | { readonly state: "unchecked" };

/**
 * Hashes each entry as the chain does (SHA-256 of a zero byte and its canonical JSON), and compares it with what the next one
 * names, where the next one is here too: other models' entries lie between. The last entry's hash nobody here names.
 */
export async function checkLinks(entries: readonly TimelineEntry[], subtle: SubtleCrypto | undefined): Promise<Links> {
  if (subtle === undefined) return { state: "unchecked" };
  let count = 0;
  for (const [place, entry] of entries.entries()) {
    const next = entries[place + 1];
    if (next?.sequence !== entry.sequence + 1) continue;
    if ((await hashOf(entry, subtle)) !== next.previous) return { state: "bad", sequence: entry.sequence };
    count++;
  }
  return { state: "good", count };
}

async function hashOf(entry: TimelineEntry, subtle: SubtleCrypto): Promise<string> {
  const json: JsonObject = JSON.parse(JSON.stringify(entry));
  const hash = await subtle.digest("SHA-256", new TextEncoder().encode(`\0${canonicalJson(json)}`));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
