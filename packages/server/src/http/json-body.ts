import { EsteiraError } from "@esteira/core/errors";
import { parseJson } from "@esteira/core/wire/json";

const STRING_OR_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

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
        return parseJson(body.replace(STRING_OR_TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`)));
      } catch {
        // The first error names the place in the text that the client sent.
      }
    }
    throw new EsteiraError("BAD_REQUEST", "The request body is not valid JSON; send one JSON object.", { cause });
  }
}

/** Decodes UTF-8 strictly: bytes that are not text are refused instead of being replaced in silence. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new EsteiraError("BAD_REQUEST", "The request body is not valid UTF-8.", { cause });
  }
}
