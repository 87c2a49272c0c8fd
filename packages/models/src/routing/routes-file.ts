/** The file of a router's routes, read again when it has changed. */

import { readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { type Routes, routesWire } from "@esteira/core/wire/routes";

const LOOK_EVERY_MS = 250;
const LARGEST = 64 * 1024;

/** @throws EsteiraError RESOURCE_DOES_NOT_EXIST or INVALID_PARAMETER_VALUE, in one sentence that names the file. */
export async function readRoutes(file: string): Promise<Routes> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new EsteiraError(
      "RESOURCE_DOES_NOT_EXIST",
      `The routes cannot be read from ${file}: ${error.code ?? error.message}.`,
    );
  });
  return parseRoutes(text, file);
}

/** @param from what the text is of, for a refusal */
export function parseRoutes(text: string, from: string): Routes {
  if (text.length > LARGEST) throw invalid(`${from} has ${text.length} characters, too many for a file of routes.`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw invalid(`${from} is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const { data, error } = routesWire.safeParse(content);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(
    `${from} is no file of routes: ${issue?.path.join(".") || "the whole"}: ${issue?.message ?? "not understood"}.`,
  );
}

/**
 * Calls `follow` with each new generation until the signal is aborted. A file that cannot be read, or is older than what is followed, changes
 * nothing; `note` is told once. Looks at the clock's pace and not for events: a mounted ConfigMap changes by a link of a link.
 */
export async function followRoutes(
  file: string,
  {
    current,
    follow,
    note,
    signal,
  }: {
    readonly current: Routes;
    readonly follow: (routes: Routes) => void;
    readonly note: (line: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  let { generation } = current;
  let looked = "";
  let trouble = "";
  while (!signal.aborted) {
    try {
      const { mtimeMs, ino, size } = await stat(file);
      const state = `${mtimeMs} ${ino} ${size}`;
      if (state !== looked) {
        const routes = await readRoutes(file);
        if (routes.generation > generation) {
          follow(routes);
          generation = routes.generation;
        } else if (routes.generation < generation) {
          throw invalid(`${file} has generation ${routes.generation}, older than ${generation}, which is followed.`);
        }
        looked = state;
        trouble = "";
      }
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      if (found !== trouble) note(`The routes stay as they are: ${found}`);
      trouble = found;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}
