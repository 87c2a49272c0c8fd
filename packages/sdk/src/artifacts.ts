import type { FileInfo } from "@esteira/core/entities/file-info";
import { invalid } from "@esteira/core/errors";
import { fileInfoWire } from "@esteira/core/wire/file-info";
import { z } from "zod";
import type { Transport } from "./transport.ts";

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
    remove: async (uri: string, path: string): Promise<void> => {
      const response = await transport.artifact("DELETE", proxiedPath(uri, path));
      await response.body?.cancel();
    },
  };
}
