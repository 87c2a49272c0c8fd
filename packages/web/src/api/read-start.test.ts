import { expect, it } from "vitest";
import { readStart } from "./read-start.ts";

it("reads all of a short answer, whose characters come in pieces", async () => {
  const bytes = new TextEncoder().encode("ação 日本");
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      for (const byte of bytes) stream.enqueue(Uint8Array.of(byte));
      stream.close();
    },
  });
  expect(await readStart(new Response(body), 1000)).toBe("ação 日本");
  expect(await readStart(new Response(null), 1000)).toBe("");
});

it("leaves the rest of a long answer where it is", async () => {
  let sent = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(stream) {
      sent += 1000;
      stream.enqueue(new Uint8Array(1000).fill(97));
    },
    cancel() {
      isCancelled = true;
    },
  });
  expect(await readStart(new Response(body), 2500)).toHaveLength(2500);
  expect({ isCancelled, isBounded: sent <= 5000 }).toEqual({ isCancelled: true, isBounded: true });
});
