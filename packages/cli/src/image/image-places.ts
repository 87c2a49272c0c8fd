import { EsteiraError, invalid } from "@esteira/core/errors";
import { keptCredentials } from "@esteira/deploy/registry/credentials";
import { type ImagePlace, layoutPlace, registryPlace } from "@esteira/deploy/registry/place";
import { parseReference } from "@esteira/deploy/registry/reference";
import type { SessionOptions } from "@esteira/deploy/registry/session";
import { withEcr } from "@esteira/deploy/sagemaker/ecr";
import type { Terminal } from "../command.ts";

/** With the credentials that docker and podman keep, and for AWS's registries with those for AWS; Ctrl-C ends what is under way. */
export function registrySession(terminal: Terminal): SessionOptions {
  const stop = new AbortController();
  void terminal
    .interrupted()
    .then(() =>
      stop.abort(new EsteiraError("TEMPORARILY_UNAVAILABLE", "Stopped. The same command goes on from here.")),
    );
  const credentials = withEcr(keptCredentials(terminal.env), { env: terminal.env });
  return { credentials, signal: stop.signal };
}

/** Where an image is, as people write it: `oci:FOLDER[:NAME]`, else an image's name at a registry. */
export async function imagePlace(text: string, options: SessionOptions, isSource: boolean): Promise<ImagePlace> {
  const layout = layoutOf(text);
  if (layout !== undefined) return layoutPlace(layout.folder, layout.name, isSource);
  if (/^[./~]/.test(text)) throw invalid(`'${text}' is no image name: an image folder is written oci:${text}.`);
  return registryPlace(parseReference(text.replace(/^docker:\/\//, "")), options);
}

/** The parts of `oci:FOLDER[:NAME]`; the name may be a digest. */
export function layoutOf(text: string): { readonly folder: string; readonly name?: string } | undefined {
  if (!text.startsWith("oci:")) return undefined;
  const [, folder, name] = /^oci:(.*?)(?:[:@](sha256:[0-9a-f]{64}|[^:/@]+))?$/.exec(text) ?? [];
  if (folder === undefined || folder === "") throw invalid(`'${text}' names no folder: expected oci:FOLDER[:NAME].`);
  return { folder, ...(name === undefined ? {} : { name }) };
}
