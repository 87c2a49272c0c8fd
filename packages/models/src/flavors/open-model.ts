/** A model folder into a model that is served, by the engine that was asked for. */

import { EsteiraError } from "@esteira/core/errors";
import type { SidecarOptions } from "../engines/python/sidecar.ts";
import type { Engine } from "./engine.ts";
import type { ServableModel } from "./flavor.ts";
import { loadNativeModel } from "./load-model.ts";

export interface OpenOptions extends Omit<SidecarOptions, "folder"> {
  readonly engine: Engine;
}

/** Throws as `loadNativeModel` or `startPythonModel`. Call `close` of what it gives, where there is one, when nobody uses it any more. */
export async function openModel(folder: string, options: OpenOptions): Promise<ServableModel> {
  const { engine, ...sidecar } = options;
  const ask = async (): Promise<ServableModel> => {
    // Most models need no Python, and nothing of what talks to it.
    const { startPythonModel } = await import("./python-function.ts");
    return startPythonModel({ ...sidecar, folder });
  };
  if (engine === "python") return ask();
  try {
    return await loadNativeModel(folder);
  } catch (error) {
    if (engine === "native" || !(error instanceof EsteiraError)) throw error;
    options.note?.(`Python is asked, because without it: ${error.message}`);
    return ask();
  }
}
