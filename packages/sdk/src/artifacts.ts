import type { FileInfo } from "@esteira/core/entities/file-info";
import { invalid } from "@esteira/core/errors";
import { fileInfoWire } from "@esteira/core/wire/file-info";
import { z } from "zod";
import { type ArtifactBody, type ArtifactCall, nothing, type Transport } from "./transport.ts";

const creation = z
  .object({
    upload_id: z.string().default(""),
    credentials: z.array(
      z.object({
        url: z.string(),
        part_number: z.number(),
        headers: z.record(z.string(), z.string()).default({}),
      }),
    ),
  })
  .transform(({ upload_id, credentials }) => ({
    uploadId: upload_id,
    parts: credentials.map(({ url, part_number, headers }) => ({ url, partNumber: part_number, headers })),
  }));

const listing = z.object({ files: z.array(fileInfoWire).default([]) }).transform((wire) => wire.files);

/** The part of `mlflow-artifacts:/1/<run>/artifacts` below the proxy's root; other schemes are not proxied. */
export function proxiedPath(uri: string, path = ""): string {
  const match = /^mlflow-artifacts:\/*(?:\/\/[^/]*\/)?(.*)$/.exec(uri);
  if (!match) {
    throw invalid(
      `The artifact URI '${uri}' is not served through the tracking server: expected one that starts with 'mlflow-artifacts:/'.`,
    );
  }
  return [match[1], path]
    .filter((part) => part !== undefined && part !== "")
    .join("/")
    .replace(/\/+$/, "");
}

function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf("/");
  const folder = path.slice(0, Math.max(0, slash)).split("/").map(encodeURIComponent).join("/");
  return { folder, name: path.slice(slash + 1) };
}

/** Artifacts through the tracking server's proxy. `uri` is a run's, logged model's or version's artifact URI. */
export function artifactsOf(transport: Transport) {
  const list = (uri: string, path = ""): Promise<readonly FileInfo[]> =>
    transport.call("GET", "artifacts", listing, {
      service: "mlflow-artifacts",
      query: { path: proxiedPath(uri, path) },
    });

  return {
    list,
    /** Every file below `path`, with paths relative to `path`; depth first, by name. */
    async listFiles(uri: string, path = ""): Promise<readonly FileInfo[]> {
      const files: FileInfo[] = [];
      for (const entry of await list(uri, path)) {
        const full = path === "" ? entry.path : `${path}/${entry.path}`;
        if (!entry.isDir) files.push(entry);
        else {
          for (const inner of await this.listFiles(uri, full)) {
            files.push({ ...inner, path: `${entry.path}/${inner.path}` });
          }
        }
      }
      return files;
    },
    url: (uri: string, path: string): string => transport.artifactUrl(proxiedPath(uri, path)),
    read: async (uri: string, path: string): Promise<Uint8Array> =>
      new Uint8Array(await (await transport.artifact("GET", proxiedPath(uri, path))).arrayBuffer()),
    readText: async (uri: string, path: string): Promise<string> =>
      (await transport.artifact("GET", proxiedPath(uri, path))).text(),
    write: async (uri: string, path: string, content: Uint8Array | string): Promise<void> => {
      const response = await transport.artifact(
        "PUT",
        proxiedPath(uri, path),
        typeof content === "string" ? content : new Uint8Array(content),
      );
      await response.body?.cancel();
    },
    /** The answer with a file's bytes still to be read; headers such as `Range` go along. */
    open: (uri: string, path: string, call?: ArtifactCall): Promise<Response> =>
      transport.artifact("GET", proxiedPath(uri, path), undefined, call),
    /** As `write`, of a body of any kind; one that a function makes can be sent again. */
    send: async (uri: string, path: string, body: ArtifactBody, call?: ArtifactCall): Promise<void> => {
      await (await transport.artifact("PUT", proxiedPath(uri, path), body, call)).body?.cancel();
    },
    /**
     * Begins an upload in parts, each of which goes to its own signed address.
     *
     * @throws EsteiraError NOT_IMPLEMENTED where the server keeps artifacts in what takes no parts.
     */
    createUpload: (uri: string, path: string, parts: number) => {
      const { folder, name } = splitPath(proxiedPath(uri, path));
      return transport.call("POST", `mpu/create/${folder}`, creation, {
        service: "mlflow-artifacts",
        body: { path: name, num_parts: parts },
      });
    },
    /** Sends one part; gives the tag that `completeUpload` asks for. */
    sendPart: async (
      part: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
      body: ArtifactBody,
      call: ArtifactCall = {},
    ): Promise<string> => {
      const response = await transport.signed(part.url, body, {
        ...call,
        headers: { ...call.headers, ...part.headers },
      });
      await response.body?.cancel();
      return response.headers.get("etag") ?? "";
    },
    completeUpload: (
      uri: string,
      path: string,
      uploadId: string,
      parts: readonly { readonly partNumber: number; readonly etag: string; readonly url: string }[],
    ): Promise<void> => {
      const { folder, name } = splitPath(proxiedPath(uri, path));
      return transport.call("POST", `mpu/complete/${folder}`, nothing, {
        service: "mlflow-artifacts",
        body: {
          path: name,
          upload_id: uploadId,
          parts: parts.map(({ partNumber, etag, url }) => ({ part_number: partNumber, etag, url })),
        },
      });
    },
    abortUpload: (uri: string, path: string, uploadId: string): Promise<void> => {
      const { folder, name } = splitPath(proxiedPath(uri, path));
      return transport.call("POST", `mpu/abort/${folder}`, nothing, {
        service: "mlflow-artifacts",
        body: { path: name, upload_id: uploadId },
      });
    },
    remove: async (uri: string, path: string): Promise<void> => {
      const response = await transport.artifact("DELETE", proxiedPath(uri, path));
      await response.body?.cancel();
    },
  };
}
