/** A text as Python shows it in messages: in single quotes, unless only it holds some. */
export function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let shown = "";
  for (const char of text) {
    if (char === quote || char === "\\") shown += `\\${char}`;
    else shown += escapeOf(char, /[\p{C}\u2028\u2029]/u.test(char));
  }
  return quote + shown + quote;
}

/** JSON's values as Python shows them: None, True, 'text', ['list'], {'key': 1}. */
export function pythonValue(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return pythonString(value);
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${pythonString(key)}: ${pythonValue(item)}`)
    .join(", ")}}`;
}

/** Bytes as Python shows them: b'\xcf<'. */
export function pythonBytes(bytes: Uint8Array): string {
  let shown = "";
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === "\\" || char === "'") shown += `\\${char}`;
    else shown += byte < 32 || byte > 126 ? escapeOf(char, true) : char;
  }
  return `b'${shown}'`;
}

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeOf(char: string, unprintable: boolean): string {
  const short = SHORT[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  if (!unprintable) return char;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\u0007",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "\n": "",
};

/**
 * What a quoted text means where MLflow lets Python read it (in a list): escapes count, and a doubled quote is the end
 * of one text and the start of the next, which join.
 */
export function readPythonString(quoted: string): string {
  const quote = quoted.charAt(0);
  return quoted
    .slice(1, -1)
    .replaceAll(quote + quote, "")
    .replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])/g, (whole, code: string) => {
      const known = Object.hasOwn(ESCAPES, code) ? ESCAPES[code] : undefined;
      if (known !== undefined) return known;
      if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
      const point = /^[xuU]./.test(code) ? Number.parseInt(code.slice(1), 16) : Number.NaN;
      return point <= 0x10_ffff ? String.fromCodePoint(point) : whole;
    });
}
