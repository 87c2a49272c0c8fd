import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { openRoutes } from "../access/guard.ts";
import { OPEN } from "../access/policy.ts";
import type { FrameOptions } from "../http/boundary.ts";
import type { Operation } from "../http/operation.ts";

/** Scripts and styles come from this server alone. Charts set styles on elements. */
const PAGE_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'";

const NOT_BUILT = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Esteira</title></head>
<body>
<h1>Esteira</h1>
<p>The tracking server is running. Its web pages are not built here, so there is nothing to show at this address.</p>
<p>Point a client at this address (<code>MLFLOW_TRACKING_URI</code>), or build the pages and start the server again.</p>
</body>
</html>
`;

const PAGE: Operation = { summary: "The web UI", tag: "web", output: { type: "text/html" } };

/** Who may show the pages in a frame: what X-Frame-Options says, in the words of the policy. */
const ANCESTORS: Readonly<Record<FrameOptions, string>> = {
  SAMEORIGIN: "; frame-ancestors 'self'",
  DENY: "; frame-ancestors 'none'",
  NONE: "",
};

/** Answers a browser's GET of a page: the built application, or a plain page that says it is not built. */
export type PageAnswer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/**
 * Mounts the built web pages. Hashed files live long in caches, index.html never does. Returns what answers a page
 * whose path the server does not know: routes of the application are resolved in the browser.
 */
export async function mountWeb(
  app: FastifyInstance,
  webRoot: string | undefined,
  frameOptions: FrameOptions = "SAMEORIGIN",
): Promise<PageAnswer> {
  const policy = PAGE_POLICY + ANCESTORS[frameOptions];
  const index = webRoot === undefined ? undefined : await readIndex(webRoot);
  const page = index ?? NOT_BUILT;
  const sendPage = (reply: FastifyReply) =>
    reply
      .header("content-type", "text/html; charset=utf-8")
      .header("content-security-policy", policy)
      .header("cache-control", "no-cache")
      .send(page);
  app.get("/", { config: { operation: PAGE, policy: OPEN } }, (_, reply) => sendPage(reply));
  if (webRoot === undefined || index === undefined) return () => undefined;
  await app.register(async (scope) => {
    openRoutes(scope);
    scope.get("/index.html", (_, reply) => sendPage(reply));
    await scope.register(fastifyStatic, {
      root: webRoot,
      index: false,
      wildcard: false,
      globIgnore: ["index.html"],
      cacheControl: false,
      // The build has put the compressed files beside the others.
      preCompressed: true,
      setHeaders: (response, path) => {
        const hashed = /[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+(\.br|\.gz)?$/.test(path);
        response.setHeader("cache-control", hashed ? "public, max-age=31536000, immutable" : "public, max-age=300");
        response.setHeader("content-security-policy", policy);
        response.setHeader("vary", "accept-encoding");
      },
    });
  });
  return (request, reply) => (isPageRequest(request) ? sendPage(reply) : undefined);
}

function isPageRequest(request: FastifyRequest): boolean {
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  if (/^\/(api|ajax-api|v1|graphql|get-artifact|model-versions\/get-artifact|gateway)(\/|\?|$)/.test(request.url))
    return false;
  return (request.headers.accept ?? "").includes("text/html");
}

async function readIndex(webRoot: string): Promise<string | undefined> {
  const path = join(webRoot, "index.html");
  const isThere = await stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
  return isThere ? readFile(path, "utf8") : undefined;
}
