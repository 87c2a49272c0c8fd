import { type Routes, routesWire } from "@esteira/core/wire/routes";
import type { Wanted } from "../wanted.ts";

/** Where the servers of a deployment's models listen, `http://host:port`, as its router reaches them. */
export interface ServerUrls {
  readonly primary: string;
  readonly canary?: string | undefined;
  readonly shadow?: string | undefined;
}

/** Whether one server is not enough: requests are given to several by a router. */
export const isSplit = ({ canary, shadow }: Wanted): boolean => canary !== undefined || shadow !== undefined;

/**
 * What a deployment's router is told. A canary or a shadow without an address is left out: it gets nothing until it is there.
 *
 * @throws ZodError where an address is none of plain http
 */
export function routesOf({ model, canary, shadow }: Wanted, generation: number, urls: ServerUrls): Routes {
  return routesWire.parse({
    generation,
    primary: { url: urls.primary, model },
    ...(canary === undefined || urls.canary === undefined
      ? {}
      : { canary: { url: urls.canary, model: canary.model, share: canary.share } }),
    ...(shadow === undefined || urls.shadow === undefined ? {} : { shadow: { url: urls.shadow, model: shadow } }),
  });
}
