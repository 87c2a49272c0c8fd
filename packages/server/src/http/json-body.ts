import { EsteiraError } from "@esteira/core/errors";
import { parseJson } from "@esteira/core/wire/json";

const BARE_TOKEN = /-?\bInfinity\b|\bNaN\b/g;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Parses a request body. Python's `json` writes NaN and the infinities as bare tokens, which JSON does not have: they
 * become the texts "NaN", "Infinity", "-Infinity", as protobuf's JSON spells them. A body that is itself a JSON text
 * holding JSON (old clients) is opened once more. An empty body is an empty object.
 */
export function parseJsonBody(body: string): Record<string, unknown> {
  if (body.trim() === "") return {};
  let value = parseTolerant(body);
  if (typeof value === "string") value = parseTolerant(value);
  if (value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new EsteiraError("BAD_REQUEST", "The request body must be a JSON object, for example {}.");
}

function parseTolerant(body: string): unknown {
  try {
    return parseJson(body);
  } catch (cause) {
    if (/NaN|Infinity/.test(body)) {
      try {
        return parseJson(quoteBareTokens(body));
      } catch {
        // The first error names the place in the text that the client sent.
      }
    }
    throw new EsteiraError("BAD_REQUEST", "The request body is not valid JSON; send one JSON object.", { cause });
  }
}

/** In one pass over the text, whatever it holds: a pattern for strings would look again from each quote of a broken one. */
function quoteBareTokens(body: string): string {
  let quoted = "";
  for (let at = 0; at < body.length; ) {
    const opening = body.indexOf('"', at);
    const bare = body.slice(at, opening === -1 ? undefined : opening);
    quoted += bare.replace(BARE_TOKEN, (token) => `"${token}"`);
    if (opening === -1) break;
    at = endOfString(body, opening);
    quoted += body.slice(opening, at);
  }
  return quoted;
}

/** Behind the quote that ends the string at `opening`; the end of the text where none does. */
function endOfString(body: string, opening: number): number {
  for (let at = opening + 1; at < body.length; at++) {
    const code = body.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at++;
  }
  return body.length;
}

/** Decodes UTF-8 strictly: bytes that are not text are refused instead of being replaced in silence. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new EsteiraError("BAD_REQUEST", "The request body is not valid UTF-8.", { cause });
  }
}
const UTF_8 = new TextDecoder("utf-8", { fatal: true });
