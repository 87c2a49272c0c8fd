/** One HTTP call of a bench, over connections that the bench chooses. */
import { type Agent, request } from "node:http";

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

/** What a bench asks again and again: the call number `index`. */
export interface Operation {
  readonly name: string;
  next(index: number): Call;
}

export type Headers = Readonly<Record<string, string>>;

/** The text of the answer. Rejects unless it has status 200. */
export function send(agent: Agent, url: string, { method, path, body }: Call, headers: Headers = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const content =
      payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": String(Buffer.byteLength(payload)) };
    const outgoing = request(url + path, { agent, method, headers: { ...headers, ...content } }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (incoming.statusCode === 200) resolve(text);
        else reject(new Error(`${method} ${path} answered ${incoming.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}
