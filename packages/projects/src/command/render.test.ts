import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { shellQuote } from "./quote.ts";
import { renderCommand } from "./render.ts";

/** The arguments that a program gets, from bash itself. */
function argumentsOf(template: string, values: Record<string, string>, extra: Record<string, string> = {}): string[] {
  const { script, variables } = renderCommand(
    template,
    new Map(Object.entries(values)),
    new Map(Object.entries(extra)),
  );
  const print = `show() { printf '%s\\0' "$@"; }\n`;
  const out = execFileSync("bash", ["-c", print + script], { env: { ...process.env, ...variables }, encoding: "utf8" });
  return out.split("\0").slice(0, -1);
}

const NASTY = [
  "$(touch /tmp/x)",
  "`id`",
  "a; echo b",
  "two  words",
  "",
  "*",
  "'",
  '"',
  "\\",
  "${HOME}",
  "a\nb",
  "~",
  "-n",
  "é",
];

it.each([
  ["show {x}", (x: string) => [x]],
  ["show --x={x}", (x: string) => [`--x=${x}`]],
  ['show "{x}"', (x: string) => [x]],
  ['show "a {x} b"', (x: string) => [`a ${x} b`]],
  ["show '{x}'", (x: string) => [x]],
  ["show 'a {x}' {x}", (x: string) => [`a ${x}`, x]],
  ["# don't {x}\nshow {x}", (x: string) => [x]],
  ["show \"$(show {x} | tr -d '\\0')\"", (x: string) => [x.replace(/\n+$/, "")]],
  ["show \"${{NOPE:-'it s'}}\" {x}", (x: string) => ["'it s'", x]],
  ["if true; then show {x}; fi", (x: string) => [x]],
  ["case a in a) show {x};; esac", (x: string) => [x]],
])("hands any value to a program as one text: %s", (template, expected) => {
  for (const value of NASTY) expect(argumentsOf(template, { x: value }), value).toEqual(expected(value));
});

it("hands random values over wherever they stand", () => {
  const wrap = fc.constantFrom("{x}", '"{x}"', "'{x}'", "--a={x}", '"p{x}q"', "'p{x}q'");
  const text = fc.string({ unit: fc.constantFrom(..."ab $`'\"\\;|&<>(){}*?!#~\n\t-") });
  fc.assert(
    fc.property(fc.array(wrap, { minLength: 1, maxLength: 3 }), text, (words, x) => {
      const plain = words.map((word) => word.replace(/["']/g, "").replace("{x}", () => x));
      expect(argumentsOf(`show ${words.join(" ")}`, { x })).toEqual(plain);
    }),
    { numRuns: 60 },
  );
});

it("puts other values behind, with names that are no commands either", () => {
  expect(argumentsOf("show {x}\n", { x: "1" }, { "a b": "c d", y: "$(id)" })).toEqual([
    "1",
    "--a b",
    "c d",
    "--y",
    "$(id)",
  ]);
});

it("shows a command as MLflow would run it", () => {
  const { shown, script, variables } = renderCommand(
    "python t.py {a} {b}",
    new Map([
      ["a", "0.5"],
      ["b", "x y"],
    ]),
    new Map([["c", ""]]),
  );
  expect(shown).toBe("python t.py 0.5 'x y' --c ''");
  expect(script).toBe('python t.py 0.5 "${ESTEIRA_VALUE_0}" --c "${ESTEIRA_VALUE_1}"');
  expect(variables).toEqual({ ESTEIRA_VALUE_0: "x y", ESTEIRA_VALUE_1: "" });
});

it.each(["show \\{x}", "cat <<EOF\n{x}\nEOF", "show $'{x}'", "show $(( {x} + 1 ))"])(
  "refuses what cannot be quoted, and takes harmless values there: %s",
  (template) => {
    expect(() => renderCommand(template, new Map([["x", "a[$(id)]"]]), new Map())).toThrow(
      "The value of 'x' has characters",
    );
    expect(renderCommand(template, new Map([["x", "7"]]), new Map()).script).toBe(template.replace("{x}", "7"));
  },
);

it("quotes as Python's shlex does", () => {
  expect(["a b", "it's", "", "a/b=c", "é"].map(shellQuote)).toEqual(["'a b'", `'it'"'"'s'`, "''", "a/b=c", "'é'"]);
});
