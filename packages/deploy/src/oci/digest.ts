import { createHash } from "node:crypto";
import { EsteiraError } from "@esteira/core/errors";

/** SHA-256 is the one algorithm that every registry has. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

export const sha256 = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** A blob's name and size in bytes, each where it is known beforehand. */
export interface Expected {
  readonly digest?: string;
  readonly size?: number;
}

/** What came is not what was asked for: nothing of it may be kept. */
export const wrongContent = (what: string, why: string): EsteiraError =>
  new EsteiraError("INVALID_STATE", `${what} is not what was asked for, and nothing of it is kept: ${why}.`);

/** Checks bytes as they pass, in pieces. */
export interface Meter {
  /** @throws EsteiraError INVALID_STATE when there are more bytes than expected */
  take(piece: Uint8Array): void;
  /** @throws EsteiraError INVALID_STATE when the size or the digest is another one */
  end(): { readonly digest: string; readonly size: number };
}

/** @param what for the sentence of a refusal: "The blob sha256:… of R" */
export function meter(expected: Expected, what: string): Meter {
  const hash = createHash("sha256");
  let size = 0;
  return {
    take(piece) {
      size += piece.byteLength;
      if (expected.size !== undefined && size > expected.size) {
        throw wrongContent(what, `it has more than ${expected.size} bytes`);
      }
      hash.update(piece);
    },
    end() {
      const digest = `sha256:${hash.digest("hex")}`;
      if (expected.size !== undefined && size !== expected.size) {
        throw wrongContent(what, `it has ${size} bytes, expected ${expected.size}`);
      }
      if (expected.digest !== undefined && digest !== expected.digest) {
        throw wrongContent(what, `its digest is ${digest}, expected ${expected.digest}`);
      }
      return { digest, size };
    },
  };
}

/** The same pieces; the last one only comes when all of them are what was expected. */
export async function* checked(
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const passing = meter(expected, what);
  let held: Uint8Array | undefined;
  for await (const piece of source) {
    passing.take(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  passing.end();
  if (held !== undefined) yield held;
}
