import { z } from "zod";
import type { FileInfo } from "../entities/file-info.ts";
import { compact, int64 } from "./scalars.ts";

export const fileInfoWire = z
  .object({ path: z.string(), is_dir: z.boolean().default(false), file_size: int64.optional() })
  .transform(
    (wire): FileInfo => ({
      path: wire.path,
      isDir: wire.is_dir,
      // MLflow leaves out what is zero.
      ...(wire.is_dir ? {} : { fileSize: wire.file_size ?? 0 }),
    }),
  )
  .meta({ id: "FileInfo" });

export const fileInfoToWire = (file: FileInfo) => ({
  path: file.path,
  is_dir: file.isDir,
  ...compact({ file_size: file.fileSize || undefined }),
});
