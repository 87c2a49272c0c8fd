/**
 * How deep a YAML text may nest before anybody reads it. The parser that Esteira uses calls itself once a level: some thousand
 * levels use up the stack, and where that happens inside of a regular expression's compilation V8 ends the whole process, which no
 * `catch` can prevent. So the text itself is looked at first.
 */

/** Open brackets at one place. Files of MLflow have fewer than ten. */
const MOST_BRACKETS = 200;
/** Columns of indentation and of indicators before a line's first value: each level of a block takes at least one. */
const MOST_INDENTATION = 400;

const BEFORE_VALUE = /^(?:[ \t]|[-?:](?=[ \t]))*/;

/** Whether a YAML text may nest so deep that its parser must not see it. Brackets in quotes count too. */
export function nestsTooDeep(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === OPEN_LIST || character === OPEN_MAP) {
      open += 1;
      if (open > MOST_BRACKETS) return true;
    } else if (character === CLOSE_LIST || character === CLOSE_MAP) open = Math.max(0, open - 1);
  }
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf("\n", start);
    const line = text.slice(start, Math.min(end < 0 ? text.length : end, start + MOST_INDENTATION + 1));
    if ((BEFORE_VALUE.exec(line)?.[0].length ?? 0) > MOST_INDENTATION - 1) return true;
    if (end < 0) break;
    start = end + 1;
  }
  return false;
}

const OPEN_LIST = "[".charCodeAt(0);
const CLOSE_LIST = "]".charCodeAt(0);
const OPEN_MAP = "{".charCodeAt(0);
const CLOSE_MAP = "}".charCodeAt(0);
