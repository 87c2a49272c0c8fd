import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { isLocalUri, localFolder, openArtifactStore } from "@esteira/store/artifacts/open";
import type { ArtifactRoot } from "./locations.ts";

const PROXIED_ROOT = "mlflow-artifacts:/";
/** MLflow's own, where no artifacts pass through the server. */
const DIRECT_ROOT = "./mlruns";

/** Where artifacts are kept and who reaches them, as the operator says it. */
export interface ArtifactOptions {
  /** Where the artifacts that pass through this server are kept: a folder (a path or a `file:` URI), or `s3://bucket/prefix`. */
  readonly artifactsDestination: string;
  /** False: no artifacts pass through this server; clients reach the artifact root by themselves. */
  readonly serveArtifacts?: boolean | undefined;
  /**
   * Where new experiments put their artifacts; by default behind this server (`mlflow-artifacts:/`), or in `./mlruns` when
   * none pass through it.
   */
  readonly defaultArtifactRoot?: string | undefined;
  /** Further places, besides the default root, whose artifacts the server lists and sends, and experiments may name. */
  readonly artifactRoots?: readonly string[] | undefined;
  /** Settings of S3 (`MLFLOW_S3_ENDPOINT_URL`, `AWS_REGION` ...); the process's own by default. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface ConfiguredArtifacts {
  readonly proxied: ArtifactStore | undefined;
  readonly roots: readonly ArtifactRoot[];
  readonly defaultRoot: string;
  /** Each once. */
  readonly stores: readonly ArtifactStore[];
}

/** Refuses a place for which there is no store. A default root of another kind is the clients' own business. */
export function configureArtifacts(options: ArtifactOptions): ConfiguredArtifacts {
  const env = options.env ?? process.env;
  const serves = options.serveArtifacts ?? true;
  const defaultRoot = absolute(options.defaultArtifactRoot ?? (serves ? PROXIED_ROOT : DIRECT_ROOT));
  const proxied = serves ? openArtifactStore(options.artifactsDestination, env) : undefined;
  const direct = [...(isReadable(defaultRoot) ? [defaultRoot] : []), ...(options.artifactRoots ?? []).map(absolute)];
  const roots = [...new Set(direct)].map((uri) => ({ uri, store: openArtifactStore(uri, env) }));
  const stores = [...(proxied === undefined ? [] : [proxied]), ...roots.map(({ store }) => store)];
  return { proxied, roots, defaultRoot, stores };
}

const isReadable = (uri: string): boolean => isLocalUri(uri) || /^s3:/i.test(uri);

/** A relative path would mean another folder to each client. */
const absolute = (uri: string): string => (isLocalUri(uri) && !/^file:/i.test(uri) ? localFolder(uri) : uri);
