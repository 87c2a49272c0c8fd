import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findPostgres, startCluster } from "../../packages/store/src/testing/postgres-cluster.ts";
import { startRegistry } from "../containers/docker-registry.ts";
import { noEngine, startEngine } from "../containers/dockerd.ts";
import { missing } from "../containers/programs.ts";
import { startGateway } from "../s3/gateway.ts";

/** What a guide says that it needs, running: variables for its commands, and a folder of programs. */
export interface Service {
  readonly env: Readonly<Record<string, string>>;
  readonly bin?: string;
  stop(): Promise<void>;
}

type Start = () => Promise<Service | { readonly missing: string }>;

/** By the words of `<!-- needs: ... -->`. */
export const SERVICES: Readonly<Record<string, Start>> = {
  /** An empty server on which the reader is an administrator, found as `psql` finds it. */
  postgresql: async () => {
    const found = await findPostgres();
    if ("missing" in found) return found;
    const cluster = await startCluster(found.bin);
    const env = { PGHOST: "127.0.0.1", PGPORT: String(cluster.port), PGUSER: "esteira" };
    return { env, bin: found.bin, stop: () => cluster.remove() };
  },
  /** An empty registry of images, `$REGISTRY`. */
  "image registry": async () => {
    const absent = missing("docker-registry");
    if (absent !== undefined) return { missing: absent };
    const registry = await startRegistry();
    return { env: { REGISTRY: registry.host }, stop: () => registry.stop() };
  },
  /** What reads images, and is not ours. */
  skopeo: async () => {
    const absent = missing("skopeo");
    return absent === undefined ? { env: {}, stop: async () => {} } : { missing: absent };
  },
  /** A Docker engine with nothing in it, `$DOCKER_HOST`. */
  docker: async () => {
    const absent = noEngine();
    if (absent !== undefined) return { missing: absent };
    const engine = await startEngine();
    return { env: { DOCKER_HOST: engine.host }, stop: () => engine.stop() };
  },
  /** An S3 server with the bucket that the guide names, and its keys. */
  "s3 bucket team-bucket": async () => {
    const gateway = await startGateway();
    if ("missing" in gateway) return gateway;
    await mkdir(join(gateway.folder, "team-bucket"));
    return { env: gateway.env, stop: () => gateway.stop() };
  },
};
