import { badRequest } from "../format/cells.ts";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a request's body. Throws BAD_REQUEST when it is not UTF-8. */
export function decodeBody(body: Uint8Array): string {
  try {
    return UTF8.decode(body);
  } catch {
    throw badRequest("The body is not UTF-8");
  }
}
