import { describe, expect, it } from "vitest";
import { fromNested, toNested, toTensor, valuesOf } from "./tensor.ts";

const cellsOf = (...cells: unknown[]) => ({ dims: [cells.length], cells });

describe("tensors", () => {
  it("keep the shape of nested lists", () => {
    const lists = [
      [[1], [2], [3]],
      [[4], [5], [6]],
    ];
    const { dims, cells } = fromNested("x", lists);
    expect(dims).toEqual([2, 3, 1]);
    expect(toNested(Array.from(cells), dims)).toEqual(lists);
    expect(fromNested("x", 5)).toEqual({ dims: [], cells: [5] });
    for (const ragged of [
      [[1], [2, 3]],
      [[1], 2],
      [1, [2]],
    ])
      expect(() => fromNested("x", ragged)).toThrow("not of one length");
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(() => fromNested("x", deep)).toThrow("more than 16 dimensions");
  });

  it("hold what their type can, and nothing else", () => {
    expect(toTensor("x", "float32", cellsOf(0.1, null, true)).data).toEqual(Float32Array.of(0.1, Number.NaN, 1));
    expect(toTensor("x", "float64", cellsOf(0.1)).data).toEqual(Float64Array.of(0.1));
    expect(toTensor("x", "int64", cellsOf(-5, 2 ** 53 - 1)).data).toEqual(BigInt64Array.of(-5n, 2n ** 53n - 1n));
    expect(toTensor("x", "uint64", cellsOf(5)).data).toEqual(BigUint64Array.of(5n));
    expect(toTensor("x", "bool", cellsOf(true, 0)).data).toEqual(Uint8Array.of(1, 0));
    expect(toTensor("x", "string", cellsOf("ação")).data).toEqual(["ação"]);
    const widths = [
      ["int8", 127, 128],
      ["uint8", 255, 256],
      ["int16", -32768, -32769],
      ["uint16", 65535, -1],
      ["int32", 2 ** 31 - 1, 2 ** 31],
      ["uint32", 2 ** 32 - 1, 2 ** 32],
      ["int64", 0, 2 ** 53],
      ["uint64", 0, -1],
    ] as const;
    for (const [type, inside, outside] of widths) {
      expect(valuesOf(toTensor("x", type, cellsOf(inside)))).toEqual([inside]);
      for (const cell of [outside, 0.5, null, "1", Number.NaN])
        expect(() => toTensor("x", type, cellsOf(cell))).toThrow("input 'x' takes whole numbers from");
    }
    expect(() => toTensor("x", "float32", cellsOf("1"))).toThrow("takes numbers, and was given '1'");
    expect(() => toTensor("x", "string", cellsOf(null))).toThrow("takes text, and was given null");
    expect(() => toTensor("x", "bool", cellsOf(2))).toThrow("takes true or false");
  });
});
