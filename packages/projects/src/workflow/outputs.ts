import { mkdtemp } from "node:fs/promises";
import { basename, join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { dataDigest } from "../run/data-digest.ts";
import { download } from "../run/download.ts";

/** An output of a step, here. */
export interface Output {
  readonly uri: string;
  readonly path: string;
  readonly local: string;
  readonly digest: string;
}

/** The tag of a step's run that has the digest of one of its outputs. */
export const outputTag = (path: string): string => `esteira.step.output.${path}.sha256`;

/**
 * Brings the outputs of a finished step here, into folders of their own.
 *
 * @throws EsteiraError INVALID_STATE with the output that its run does not have.
 */
export async function fetchOutputs(
  client: Client,
  runId: RunId,
  paths: readonly string[],
  scratch: string,
  signal: AbortSignal,
): Promise<readonly Output[]> {
  const outputs: Output[] = [];
  for (const path of paths) {
    const uri = `runs:/${runId}/${path}`;
    // Under its own name, wherever it comes from: a name may say what is in a file, and counts in the key of who takes it.
    const into = join(await mkdtemp(join(scratch, "output-")), basename(path));
    try {
      const local = await download(client, uri, into, signal);
      outputs.push({ uri, path, local, digest: await dataDigest(local) });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof EsteiraError && error.code === "TEMPORARILY_UNAVAILABLE") throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new EsteiraError("INVALID_STATE", `The run ${runId} has no output '${path}': ${why}`, { cause: error });
    }
  }
  return outputs;
}
