/**
 * What the machine itself costs the load of bench/decision.ts: an HTTP server that reads a request and answers as many bytes
 * as the service would, without work. Listens on a free port and says which.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ANSWER = JSON.stringify({ answer: "x".repeat(900) });

process.once("message", () => {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on("end", () => response.setHeader("content-type", "application/json").end(ANSWER));
  });
  server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
process.on("disconnect", () => process.exit());
