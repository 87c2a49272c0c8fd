/** The model that an image holds, by its bytes: labels say whose it is, and anybody may write a label. */

import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { ImagePlace } from "../registry/place.ts";
import { layerEntries, type ReadImage } from "./image-reader.ts";
import { MODEL_FOLDER } from "./scorer-image.ts";

/**
 * Unpacks the model of an image that `esteira build` made into an empty folder. The highest layer is read and no other: it must hold the model,
 * all of it and nothing else, so that nothing below could change what is scored.
 *
 * @throws EsteiraError INVALID_STATE when the image is built otherwise.
 */
export async function unpackModel(place: ImagePlace, image: ReadImage, folder: string): Promise<void> {
  const refuse = (why: string) =>
    new EsteiraError(
      "INVALID_STATE",
      `The image ${place.shown} (${image.platform}) is none that 'esteira build' made: ${why}.`,
    );
  const layer = image.layers.at(-1);
  if (layer === undefined) throw refuse("it has no layers");
  let files = 0;
  for await (const { path, kind, content } of layerEntries(place, layer)) {
    if (kind === "folder" && (path === MODEL_FOLDER || `${MODEL_FOLDER}/`.startsWith(`${path}/`))) continue;
    if (!path.startsWith(`${MODEL_FOLDER}/`))
      throw refuse(`its highest layer holds '${path}', which is not the model's`);
    const target = join(folder, path.slice(MODEL_FOLDER.length + 1));
    if (kind === "folder") await mkdir(target, { recursive: true });
    else if (kind === "file" && !isWhiteout(path)) {
      await mkdir(dirname(target), { recursive: true });
      await pipeline(Readable.from(content), createWriteStream(target, { flags: "wx" }));
      files += 1;
    } else throw refuse(`its model holds '${path}', which is neither a file nor a folder`);
  }
  if (files === 0) throw refuse("its highest layer holds no model");
  if (image.layers.slice(0, -1).some(({ diffId }) => diffId === layer.diffId))
    throw refuse("it has the model's layer twice");
}

/** What takes away a file of the layers below. */
export const isWhiteout = (path: string): boolean => (path.split("/").at(-1) ?? "").startsWith(".wh.");
