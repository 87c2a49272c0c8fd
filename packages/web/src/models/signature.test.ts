import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { inputNames, signatureOf } from "./signature.ts";

const FOLDED = `signature:
  inputs: '[{"type": "double", "name": "amount_brl", "required": true}, {"type": "long",
    "name": "payee''s age", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]'
  params: '[{"name": "temp", "default": 0.5, "shape": null, "type": "double"}]'
`;

it("reads a signature whose JSON is folded over lines, as MLflow writes it", async () => {
  expect(await inputNames(FOLDED)).toEqual(["amount_brl", "payee's age"]);
  const signature = await signatureOf(FOLDED);
  expect(signature?.inputs[1]?.required).toBe(false);
  expect(signature?.outputs[0]?.type).toBe("tensor");
  expect(signature?.params[0]).toMatchObject({ name: "temp", default: 0.5 });
});

it("gives none for a file without one or that is no such file", async () => {
  expect(await signatureOf("flavors: {}\n")).toBeUndefined();
  expect(await signatureOf("{ not: yaml: at all")).toBeUndefined();
  expect(await signatureOf(readFileSync(new URL(import.meta.url), "utf8"))).toBeUndefined();
  expect(await inputNames("signature:\n  inputs: 'not json'\n")).toEqual([]);
});

/** Each level names the one before it ten times: ten to the tenth values. */
const BOMB = Array.from({ length: 10 }, (_, level) =>
  level === 0
    ? "l0: &l0 [x, x]"
    : `l${level}: &l${level} [${Array(10)
        .fill(`*l${level - 1}`)
        .join(", ")}]`,
).join("\n");
const SIGNED = 'signature: {inputs: \'[{"name": "x", "type": "long"}]\'}\n';

it.each<[string, string, boolean]>([
  ["aliases of aliases", `${BOMB}\n${SIGNED}`, false],
  ["one key twice", `${SIGNED}${SIGNED}`, false],
  ["a file without end", `${SIGNED}more: ${"x".repeat(2_000_000)}`, false],
  ["lists in lists in lists", `${SIGNED}deep: ${"[".repeat(5000)}`, false],
  ["a function of JavaScript's", `${SIGNED}f: !!js/function 'function () { globalThis.owned = true }'`, true],
  ["an object of Python's", `${SIGNED}o: !!python/object/apply:os.system ["touch /tmp/owned"]`, true],
  ["a prototype", `${SIGNED}__proto__: {owned: true}\nconstructor: {prototype: {owned: true}}`, true],
])("reads %s as the text that it is, or not at all", async (_, text, isRead) => {
  expect(await inputNames(text)).toEqual(isRead ? ["x"] : []);
  expect({}).not.toHaveProperty("owned");
  expect(globalThis).not.toHaveProperty("owned");
});
