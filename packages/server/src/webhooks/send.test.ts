import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { pinned, sendDelivery } from "./send.ts";
import { signDelivery } from "./signature.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A receiver on a free port of loopback. */
async function receiver(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const LOOPBACK = { schemes: ["http", "https"], allowPrivateAddresses: true };
const options = { policy: LOOPBACK, clock: () => 1_795_433_858_900, timeoutMs: 2000 };
const message = { id: "3b302f54-1bca-4ad1-9f31-c7ea64d38e8c", body: '{"a":"ção"}' };

it("signs as MLflow does", () => {
  const text = '{"entity": "model_version"}';
  expect(signDelivery("segredo", message.id, "1795433858", text)).toBe(
    "v1,FWkNKLOwkDiE6pyB4eT6ARyCMrpDvvjR4UmK5ZhZJoo=",
  );
});

describe("a delivery", () => {
  it("is a POST of the body, with its id, its instant and its signature", async () => {
    let seen: { method?: string | undefined; headers: IncomingMessage["headers"]; body: string } | undefined;
    const url = await receiver((request, response, body) => {
      seen = { method: request.method, headers: request.headers, body };
      response.end("thanks");
    });
    const answer = await sendDelivery({ ...message, url: `${url}/hook`, secret: "s" }, options);
    expect(answer).toEqual({ status: 200, body: "thanks" });
    expect(seen).toMatchObject({
      method: "POST",
      body: message.body,
      headers: {
        "content-type": "application/json",
        "x-mlflow-delivery-id": message.id,
        "x-mlflow-timestamp": "1795433858",
        "x-mlflow-signature": signDelivery("s", message.id, "1795433858", message.body),
      },
    });
  });

  it("follows no redirect and takes it as the answer", async () => {
    let calls = 0;
    const url = await receiver((_, response) => {
      calls += 1;
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect((await sendDelivery({ ...message, url }, options)).status).toBe(302);
    expect(calls).toBe(1);
  });

  it("keeps 64 KiB of an answer without end", async () => {
    const url = await receiver((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(16_384)));
      };
      response.on("drain", more);
      more();
    });
    expect((await sendDelivery({ ...message, url }, options)).body).toHaveLength(65_536);
  });

  it("gives up on an answer that trickles", async () => {
    const url = await receiver((_, response) => {
      const drip = setInterval(() => response.write("."), 50);
      response.on("close", () => clearInterval(drip));
    });
    const sent = sendDelivery({ ...message, url }, { ...options, timeoutMs: 300 });
    await expect(sent).rejects.toThrow("No complete answer within 0.3 s.");
  });

  it("says why nobody answered", async () => {
    const server = createSocketServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    await expect(sendDelivery({ ...message, url: `http://127.0.0.1:${port}` }, options)).rejects.toThrow(
      /socket hang up|ECONNRESET/,
    );
  });

  it("reads Retry-After in seconds and as a date", async () => {
    const later = new Date(options.clock() + 30_000).toUTCString();
    for (const [header, seconds] of [
      ["7", 7],
      [later, 30],
      ["soon", undefined],
      ["999999999", 3600],
    ] as const) {
      const url = await receiver((_, response) => response.writeHead(503, { "retry-after": header }).end());
      const { retryAfter } = await sendDelivery({ ...message, url }, options);
      if (seconds === undefined) expect(retryAfter).toBeUndefined();
      else expect(Math.abs((retryAfter ?? -9) - seconds)).toBeLessThanOrEqual(1);
    }
  });

  it("is not sent when the name has come to mean a private address since the webhook was made", async () => {
    let called = false;
    const url = await receiver((_, response) => {
      called = true;
      response.end();
    });
    const policy = {
      schemes: ["http"],
      allowPrivateAddresses: false,
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    };
    const sent = sendDelivery(
      { ...message, url: `http://rebind.example:${new URL(url).port}/` },
      { ...options, policy },
    );
    await expect(sent).rejects.toThrow(/non-public IP address/);
    expect(called).toBe(false);
  });

  it("is connected to the addresses that were checked: the name is not looked up again", async () => {
    const lookup = pinned([{ address: "8.8.8.8", family: 4 }]);
    const one = await new Promise((resolve) =>
      lookup("rebind.example", {}, (_, address, family) => resolve([address, family])),
    );
    const all = await new Promise((resolve) => lookup("rebind.example", { all: true }, (_, found) => resolve(found)));
    expect([one, all]).toEqual([["8.8.8.8", 4], [{ address: "8.8.8.8", family: 4 }]]);
  });

  it("goes through no proxy of the environment", async () => {
    const url = await receiver((_, response) => response.end("direct"));
    const before = process.env.HTTP_PROXY;
    process.env.HTTP_PROXY = "http://127.0.0.1:1";
    try {
      expect((await sendDelivery({ ...message, url }, options)).body).toBe("direct");
    } finally {
      if (before === undefined) delete process.env.HTTP_PROXY;
      else process.env.HTTP_PROXY = before;
    }
  });
});
