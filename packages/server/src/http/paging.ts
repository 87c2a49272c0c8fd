import type { Page } from "@esteira/core/entities/page";
import { z } from "zod";

type ListWire<Name extends string, Wire> = { readonly [Key in Name]?: readonly Wire[] };
type PageWire<Name extends string, Wire> = ListWire<Name, Wire> & { readonly next_page_token?: string };

/** A page as protobuf writes it: an empty list and an absent token are left out. */
export const pageToWire = <Name extends string, T, Wire>(
  name: Name,
  page: Page<T>,
  toWire: (item: T) => Wire,
): PageWire<Name, Wire> =>
  ({
    ...(page.items.length === 0 ? {} : { [name]: page.items.map(toWire) }),
    ...(page.nextPageToken === undefined ? {} : { next_page_token: page.nextPageToken }),
  }) as PageWire<Name, Wire>;

/** A list as protobuf writes it: left out when empty. */
export const listToWire = <Name extends string, T, Wire>(
  name: Name,
  items: readonly T[],
  toWire: (item: T) => Wire,
): ListWire<Name, Wire> => pageToWire(name, { items }, toWire);

/** The schema of a page's answer. */
export const pageOf = <Name extends string, Item extends z.ZodType>(name: Name, item: Item) =>
  z.object({ [name]: z.array(item).optional(), next_page_token: z.string().optional() } as {
    [Key in Name]: z.ZodOptional<z.ZodArray<Item>>;
  } & { next_page_token: z.ZodOptional<z.ZodString> });

/** The answer of a call that only changes something. */
export const nothing = z.object({}).meta({ id: "Empty" });
