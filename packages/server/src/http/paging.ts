import type { Page } from "@esteira/core/entities/page";

const nextPage = (page: Page<unknown>): { next_page_token?: string } =>
  page.nextPageToken === undefined ? {} : { next_page_token: page.nextPageToken };

/** A page as protobuf writes it: an empty list and an absent token are left out. */
export const pageToWire = <T>(name: string, page: Page<T>, toWire: (item: T) => object): Record<string, unknown> => ({
  ...(page.items.length === 0 ? {} : { [name]: page.items.map(toWire) }),
  ...nextPage(page),
});

/** A list as protobuf writes it: left out when empty. */
export const listToWire = <T>(
  name: string,
  items: readonly T[],
  toWire: (item: T) => object,
): Record<string, unknown> => (items.length === 0 ? {} : { [name]: items.map(toWire) });
