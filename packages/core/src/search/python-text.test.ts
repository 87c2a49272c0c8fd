import { expect, test } from "vitest";
import { pythonBytes, pythonString, pythonValue, readPythonString } from "./python-text.ts";

test("texts and values are shown as Python shows them", () => {
  expect(["a", "it's", `it's "x"`, "a\\b", "\n\u0000é\u2028\u{1F600}"].map(pythonString)).toEqual([
    "'a'",
    `"it's"`,
    `'it\\'s "x"'`,
    "'a\\\\b'",
    "'\\n\\x00é\\u2028\u{1F600}'",
  ]);
  expect(pythonValue({ a: [1, null, true, "x"], b: {} })).toBe("{'a': [1, None, True, 'x'], 'b': {}}");
  expect(pythonBytes(new Uint8Array([0xcf, 0x3c, 0x27, 0x5c, 0x0a]))).toBe("b'\\xcf<\\'\\\\\\n'");
});

test("texts of a list are read as Python reads them", () => {
  expect(readPythonString("'a''b'")).toBe("ab");
  expect(readPythonString("'it\\'s \\x41\\u00e9\\U0001F600\\101\\n\\q'")).toBe("it's Aé\u{1F600}A\n\\q");
});
