const MAX_ROUNDS = 8;

/**
 * True if any spelling of `text`, however often percent-encoded, has a ".." segment or a control character. Checking
 * only the text as sent is how such checks get bypassed: somebody downstream decodes once more.
 */
export function hasParentStep(text: string): boolean {
  let current = text;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (hasControlCharacter(current) || current.split(/[\\/]/).includes("..")) return true;
    const decoded = decodeOnce(current);
    if (decoded === current) return false;
    current = decoded;
  }
  return true;
}

function hasControlCharacter(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) < 32) return true;
  return false;
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(/%(2e|2f|5c|25|00)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
}
