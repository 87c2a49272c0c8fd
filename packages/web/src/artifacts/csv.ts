/**
 * Rows of a CSV text (RFC 4180: quotes, doubled quotes, line breaks inside quotes; CR, LF or both end a row).
 * A text cut in the middle gives what there is.
 */
export function csvRows(text: string, separator = ","): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let started = false;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push(row);
    row = [];
    started = false;
  };
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length; at++) {
    const char = text[at]!;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
      continue;
    }
    if (char === "\n" || char === "\r") {
      if (char === "\r" && text[at + 1] === "\n") at += 1;
      endRow();
      continue;
    }
    started = true;
    if (char === '"' && cell === "") quoted = true;
    else if (char === separator) endCell();
    else cell += char;
  }
  if (started) endRow();
  return rows;
}
