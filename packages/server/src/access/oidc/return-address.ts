import { invalid } from "@esteira/core/errors";

const MOST_CHARACTERS = 2000;

/**
 * A page of ours to come back to, as it stands behind the "#": `/experiments/1?tab=charts`. It is never more than the
 * end of an address that begins with this server's own, so that no link can lead elsewhere; what looks as if it were
 * meant to is refused all the same.
 */
export function checkReturnAddress(text: string | undefined): string {
  if (text === undefined || text === "") return "/";
  const isPage = /^\/(?![/\\])[^\\\s\p{Cc}]*$/u.test(text) && text.length <= MOST_CHARACTERS;
  if (isPage) return text;
  throw invalid("The address to return to is no page of this server: it begins with one '/' and names no other host.");
}
