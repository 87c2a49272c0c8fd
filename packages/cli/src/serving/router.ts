import type { Routes } from "@esteira/core/wire/routes";
import { followRoutes, parseRoutes, readRoutes } from "@esteira/models/routing/routes-file";
import {
  type RoutingServer,
  type RoutingServerOptions,
  startRoutingServer,
} from "@esteira/models/routing/routing-server";

export interface RouterOptions extends Omit<RoutingServerOptions, "routes"> {
  /** The file of routes, which is followed; or the routes themselves as JSON, which then stay. */
  readonly file: string | { readonly text: string };
  readonly note: (line: string) => void;
}

/** Routes by what a file says until it is closed. */
export async function startRouter({
  file,
  note,
  ...options
}: RouterOptions): Promise<Pick<RoutingServer, "address" | "close">> {
  const routes = typeof file === "string" ? await readRoutes(file) : parseRoutes(file.text, "What is given");
  const server = await startRoutingServer({ ...options, routes });
  note(`Generation ${routes.generation}: ${said(routes)}.`);
  if (typeof file !== "string") return server;
  const stop = new AbortController();
  const following = followRoutes(file, {
    current: routes,
    follow(next) {
      server.direct(next);
      note(`Generation ${next.generation}: ${said(next)}.`);
    },
    note,
    signal: stop.signal,
  });
  return {
    address: server.address,
    async close() {
      stop.abort();
      await following;
      await server.close();
    },
  };
}

const said = ({ primary, canary, shadow }: Routes): string =>
  [
    `${primary.model} at ${primary.url}`,
    ...(canary === undefined ? [] : [`${canary.model} at ${canary.url} for ${canary.share} of the requests`]),
    ...(shadow === undefined ? [] : [`${shadow.model} at ${shadow.url} as the shadow`]),
  ].join(", ");
