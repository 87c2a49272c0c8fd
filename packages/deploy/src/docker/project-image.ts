/** The image that a project's commands run in: what somebody has made for it, with its files on top, built by the engine. */

import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { ProjectFile } from "../image/project-files.ts";
import { type TarEntry, tar } from "../image/tar.ts";
import type { CredentialSource } from "../registry/credentials.ts";
import type { Engine } from "./engine.ts";
import { ensurePresent } from "./images.ts";

/** Where commands find the project's files: as in MLflow's images. */
export const PROJECT_FOLDER = "/mlflow/projects/code";
/** Of the context that the engine is given, not of the image. */
const CONTEXT = "project";

export interface ProjectImageOptions {
  /** What the project runs in. */
  readonly base: string;
  /** Under which name it is kept: the next build of the same files finds it. */
  readonly tag: string;
  readonly files: readonly ProjectFile[];
  readonly credentials: CredentialSource;
  readonly signal: AbortSignal | undefined;
}

const lineWire = z.object({ error: z.string().optional(), aux: z.object({ ID: z.string() }).optional() });

/** What the engine calls an image and the one that it was built upon: by content. */
export interface BuiltProjectImage {
  readonly id: string;
  readonly base: string;
}

export async function buildProjectImage(engine: Engine, options: ProjectImageOptions): Promise<BuiltProjectImage> {
  const { base, tag, files, credentials, signal } = options;
  const { id, user } = await ensurePresent(engine, base, credentials, signal);
  // Commands write where they work, as whoever they run.
  const owned = user === undefined || !/^[\w.:-]+$/.test(user) ? "" : `--chown=${user} `;
  // The id, for a tag might be moved meanwhile. Nothing of a project's own is in this text.
  const recipe = Buffer.from(`FROM ${id}\nCOPY ${owned}${CONTEXT}/ ${PROJECT_FOLDER}/\nWORKDIR ${PROJECT_FOLDER}\n`);
  const entries: TarEntry[] = [
    { kind: "file", path: "Dockerfile", mode: 0o644, size: recipe.length, content: recipe },
    { kind: "folder", path: CONTEXT, mode: 0o755 },
    ...files.map(({ path, file, size, isProgram }) => ({
      ...{ kind: "file" as const, path: `${CONTEXT}/${path}`, size, content: file },
      mode: isProgram ? 0o755 : 0o644,
    })),
  ];
  const stream = await engine.stream({
    method: "POST",
    path: "/build",
    query: { t: tag, rm: "1", forcerm: "1" },
    archive: tar(entries),
    doing: `build the project's image upon ${base}`,
    signal,
  });
  let built: string | undefined;
  let rest = "";
  const read = (line: string): void => {
    const { error, aux } = lineWire.safeParse(parsedOr(line)).data ?? {};
    if (error !== undefined) {
      throw new EsteiraError(
        "INVALID_PARAMETER_VALUE",
        `The container engine does not build the project's image upon ${base}: ${error.trim().slice(0, 400)}.`,
      );
    }
    built = aux?.ID ?? built;
  };
  for await (const piece of stream) {
    const lines = (rest + Buffer.from(piece).toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(read);
  }
  read(rest);
  return { id: built ?? tag, base: id };
}

function parsedOr(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
