import type { FileInfo } from "@esteira/core/entities/file-info";
import type { Page } from "@esteira/core/entities/page";
import { invalid } from "@esteira/core/errors";
import { fileInfoWire } from "@esteira/core/wire/file-info";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { z } from "zod";
import { int64, nonEmpty, text } from "../http/fields.ts";

const MAX_RESULTS = 10_000;

/** MLflow lists a whole folder at once; pages are for those who ask for them. */
export const pageFields = { page_token: text, max_results: int64 };
export const pageAnswer = { files: z.array(fileInfoWire).optional(), next_page_token: z.string().optional() };

/** A folder of a store: all of it, or a page when `max_results` says how long a page is. */
export async function listFolder(
  store: ArtifactStore,
  folder: string,
  page: { readonly max_results?: number | undefined; readonly page_token?: string | undefined },
): Promise<Page<FileInfo>> {
  const limit = page.max_results;
  if (limit === undefined) return { items: await store.list(folder) };
  if (limit < 1 || limit > MAX_RESULTS) {
    throw invalid(`Invalid value for max_results: ${limit}. It must be from 1 to ${MAX_RESULTS}.`);
  }
  const pageToken = nonEmpty(page.page_token);
  return store.listPage(folder, { limit, ...(pageToken === undefined ? {} : { pageToken }) });
}
