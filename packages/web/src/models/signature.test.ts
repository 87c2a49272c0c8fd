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
