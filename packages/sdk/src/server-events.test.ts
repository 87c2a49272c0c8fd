import { expect, test } from "vitest";
import { serverEvents } from "./server-events.ts";

async function read(chunks: readonly string[]) {
  const encoder = new TextEncoder();
  const bytes = chunks.map((chunk) => encoder.encode(chunk));
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const next = bytes.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });
  const events = [];
  for await (const event of serverEvents(new Response(body))) events.push(event);
  return events;
}

test("events are read whatever pieces they come in", async () => {
  const text = ': hello\n\nevent: run\ndata: {"a":1}\nid: r.1.x\n\ndata: one\ndata:two\r\n\r\nevent: cut\ndata: off';
  const expected = [
    { name: "run", data: '{"a":1}', id: "r.1.x" },
    { name: "message", data: "one\ntwo" },
  ];
  expect(await read([text])).toEqual(expected);
  for (const size of [1, 2, 3, 7]) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    );
    expect(await read(chunks)).toEqual(expected);
  }
  expect(await read([])).toEqual([]);
});

test("a lost connection ends the events, an abort is thrown", async () => {
  const broken = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull: () => Promise.reject(new Error("the connection was lost")),
      }),
    );
  const events = [];
  for await (const event of serverEvents(broken())) events.push(event);
  expect(events).toEqual([]);
  await expect(serverEvents(broken(), AbortSignal.abort()).next()).rejects.toThrow("the connection was lost");
});
