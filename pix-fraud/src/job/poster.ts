import { type Agent, request } from "node:http";
import { EsteiraError } from "@esteira/core/errors";

/** POST of JSON over one kept connection; the text of the answer. A status that says a fault rejects with it. */
export function poster(address: string, agent: Agent): (path: string, body: unknown) => Promise<string> {
  const { hostname, port } = new URL(address);
  return (path, body) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const sent = request(
        {
          host: hostname,
          port,
          path,
          method: "POST",
          agent,
          headers: { "content-type": "application/json", "content-length": bytes.length },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            if (response.statusCode === 200) resolve(text);
            else {
              reject(
                new EsteiraError("INTERNAL_ERROR", `${path} answered ${response.statusCode}: ${text.slice(0, 300)}`),
              );
            }
          });
        },
      );
      sent.on("error", reject);
      sent.end(bytes);
    });
}
