import { createHash } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import type { ArtifactCall } from "./artifact-calls.ts";

/** What a server made for the calls: their paths name it. */
type Names = Readonly<Record<string, string>>;

export interface ArtifactAnswer {
  readonly status: number;
  /** The JSON of the answer, or a digest of its bytes. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export type ArtifactSession = (call: ArtifactCall) => Promise<ArtifactAnswer>;

/** One server with a run, a logged model and a version to ask about. */
export async function artifactSession(url: string): Promise<ArtifactSession> {
  const api = async (path: string, body: object) => {
    const response = await fetch(`${url}/api/2.0/mlflow${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, { info: Record<string, string> }>;
  };
  const { run } = await api("/runs/create", { experiment_id: "0", start_time: 1 });
  const id = run?.info.run_id ?? "";
  const { model } = await api("/logged-models", { experiment_id: "0", source_run_id: id });
  const names = { run: id, model: model?.info.model_id ?? "", home: `0/${id}/artifacts` };
  await api("/registered-models/create", { name: "registered" });
  const source = run?.info.artifact_uri;
  await api("/model-versions/create", { name: "registered", source, run_id: id });
  return (call) => send(url, call, names);
}

/** Over a plain socket, with the path as it is written: other clients tidy paths. */
function send(url: string, { method, path, body, headers }: ArtifactCall, names: Names): Promise<ArtifactAnswer> {
  const fill = (text: string) => text.replace(/\{(run|model|home)\}/g, (_, name: string) => names[name] ?? "");
  const isBytes = typeof body === "string" || Buffer.isBuffer(body) || body === undefined;
  const payload = isBytes ? body : fill(JSON.stringify(body));
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ hostname, port, method, path: fill(path) },
        headers: {
          ...(isBytes ? {} : { "content-type": "application/json" }),
          ...(payload === undefined ? {} : { "content-length": Buffer.byteLength(payload) }),
          ...headers,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          resolve({
            status: incoming.statusCode ?? 0,
            body: bodyOf(Buffer.concat(chunks), names),
            headers: incoming.headers["content-disposition"] === undefined ? {} : fileHeaders(incoming.headers),
          });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(payload);
  });
}

/** Of a file that is sent: its type, the name that a browser would save it under, and which part it is. */
function fileHeaders(headers: IncomingHttpHeaders): ArtifactAnswer["headers"] {
  const disposition = headers["content-disposition"] ?? "";
  const exact = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(disposition)?.[1];
  return {
    kind: disposition.split(";", 1)[0],
    name: exact === undefined ? plain : decodeURIComponent(exact),
    type: headers["content-type"]?.split(";", 1)[0],
    range: headers["content-range"],
    length: headers["content-length"],
    options: headers["x-content-type-options"]?.toString(),
  };
}

function bodyOf(bytes: Buffer, names: Names): unknown {
  const text = bytes.toString();
  if (!text.startsWith("{") || !/"(error_code|files|root_uri|detail)"/.test(text)) {
    return text.trim() === "{}" ? {} : createHash("sha256").update(bytes).digest("hex");
  }
  const own = Object.entries(names).reduce((all, [name, value]) => all.replaceAll(value, `{${name}}`), text);
  return JSON.parse(own);
}
