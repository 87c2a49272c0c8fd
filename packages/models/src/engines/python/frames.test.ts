import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameReader, encodeFrame, type Frame } from "./frames.ts";

describe("frames", () => {
  it("come out whole and in order, however the bytes are cut", () => {
    const frame = fc.record({
      head: fc.record({ id: fc.nat(), text: fc.string() }),
      body: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(({ head, body }) => encodeFrame(head, body)));
          const seen: Frame[] = [];
          const read = createFrameReader((one) => seen.push(one));
          for (let at = 0, cut = 0; at < bytes.length; cut++) {
            const end = at + cuts[cut % cuts.length]!;
            read(bytes.subarray(at, end));
            at = end;
          }
          expect(seen.map(({ head, body }) => ({ head, body: [...body] }))).toEqual(
            frames.map(({ head, body }) => ({ head, body: [...body] })),
          );
        },
      ),
    );
  });

  it("are told from other bytes", () => {
    const read = createFrameReader(() => {});
    expect(() => read(Buffer.from("Traceback (most recent call last):"))).toThrow("no frames");
  });
});
