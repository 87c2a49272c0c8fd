import type { Page, SearchQuery } from "@esteira/core/entities/page";
import { z } from "zod";

export const searchToWire = (query: SearchQuery) => ({
  ...(query.filter === undefined ? {} : { filter: query.filter }),
  ...(query.orderBy === undefined ? {} : { order_by: query.orderBy }),
  ...(query.maxResults === undefined ? {} : { max_results: query.maxResults }),
  ...(query.pageToken === undefined ? {} : { page_token: query.pageToken }),
});

/** The answer of a search: a list under `field`, absent when empty, and perhaps a token. */
export function pageOf<T extends z.ZodType>(field: string, item: T) {
  return z.looseObject({ next_page_token: z.string().optional() }).transform((wire, context): Page<z.output<T>> => {
    const items = z.array(item).default([]).safeParse(wire[field]);
    if (!items.success) {
      context.addIssue({ code: "custom", message: items.error.message, path: [field] });
      return z.NEVER;
    }
    return {
      items: items.data as readonly z.output<T>[],
      ...(wire.next_page_token ? { nextPageToken: wire.next_page_token } : {}),
    };
  });
}

/** Every item of a search, page by page. */
export async function* everyPage<T>(
  search: (query: { pageToken?: string }) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  let pageToken: string | undefined;
  do {
    const page = await search(pageToken === undefined ? {} : { pageToken });
    yield* page.items;
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
}
