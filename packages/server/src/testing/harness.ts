import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "@esteira/core/clock";
import { localArtifactStore } from "@esteira/store/artifacts/local";
import { openStore, type Store } from "@esteira/store/open";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { SealFile } from "@esteira/store/timeline/seal-file";
import { newFernetKey } from "@esteira/store/webhooks/fernet";
import type { FastifyInstance } from "fastify";
import { type AccessOptions, createAccess } from "../access/access.ts";
import { createServer, type ServerOptions } from "../create-server.ts";
import { createServerMetrics } from "../metrics/server-metrics.ts";

export interface Harness {
  readonly app: FastifyInstance;
  /** The folder of the artifacts. */
  readonly root: string;
  readonly store: Store;
  /** Sends JSON, or a text as it stands; reads the JSON of the answer. */
  call(method: Method, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE" | "OPTIONS";

export interface Answer {
  readonly status: number;
  // Tests walk answers of many shapes; `Json` allows any path and makes each leaf be compared.
  readonly body: Json;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export type Json = { readonly [key: string]: Json } & { readonly [index: number]: Json };

/** What tests hash passwords with: as safe as needed, and done at once. */
export const CHEAP = { n: 1024, r: 8, p: 1 };
const ACCESS = { defaultPermission: "NO_PERMISSIONS", passwordCost: CHEAP } as const;

/** A whole server over a new database (see `newTestDatabase`) and artifacts in a temporary folder. */
export async function openHarness(
  options: Partial<Omit<ServerOptions, "access">> & {
    readonly access?: Partial<AccessOptions>;
    readonly clock?: Clock;
    /** A database of the test's own, instead of a new one. */
    readonly uri?: string;
  } = {},
): Promise<Harness> {
  const { access, clock = Date.now, uri, ...rest } = options;
  const root = await mkdtemp(join(tmpdir(), "esteira-server-"));
  const keys = await mkdtemp(join(tmpdir(), "esteira-keys-"));
  const metrics = createServerMetrics();
  const store = await openStore({
    meter: metrics.database,
    webhookKey: newFernetKey(),
    uri: uri ?? (await newTestDatabase()),
    artifactRoot: "mlflow-artifacts:/",
    clock,
  });
  const app = await createServer({
    store,
    artifacts: localArtifactStore(root),
    version: "0.0.0-test",
    metrics,
    seals: new SealFile(join(keys, "test.signing-key")),
    ...rest,
    ...(access === undefined ? {} : { access: createAccess({ ...ACCESS, store, clock, log: options.log, ...access }) }),
  });
  return {
    app,
    root,
    store,
    call: async (method, url, body, headers = {}) => {
      const answer = await app.inject({
        method,
        url,
        headers: {
          host: "localhost",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return {
        status: answer.statusCode,
        body: parse(answer.body),
        text: answer.body,
        headers: answer.headers,
      };
    },
    close: async () => {
      await app.close();
      await store.close();
      await rm(root, { recursive: true, force: true });
      await rm(keys, { recursive: true, force: true });
    },
  };
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
