import { invalid } from "@esteira/core/errors";

/** Schemes whose URIs name a host that somebody would connect to. */
const HOST_ADDRESSED = new Set(["ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"]);

/**
 * Refuses a URI from a request that names a host: whoever reads the artifacts later would connect to a machine that the
 * request chose. `mlflow-artifacts:/path` names none. `allowed` lists schemes that the operator has allowed.
 */
export function checkNamesNoHost(uri: string, field: string, allowed: readonly string[]): void {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase() ?? "";
  const namesHost = HOST_ADDRESSED.has(scheme) || (scheme === "mlflow-artifacts" && /^[^:]+:\/\/[^/]/.test(uri));
  if (!namesHost || allowed.includes(scheme)) return;
  throw invalid(
    `'${field}' cannot use the '${scheme}' scheme: the '${scheme}' scheme addresses a host other than the tracking server's configured artifact storage, so the server would connect to the host named in the URI. Set the MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES environment variable on the server to allow it.`,
  );
}
