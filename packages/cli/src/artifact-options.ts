import { invalid } from "@esteira/core/errors";
import { listed, text, type Values } from "./command.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where a server keeps artifacts: its flags, else MLflow's variables. */
export function artifactOptions(values: Values, env: Env) {
  return {
    artifactsDestination: text(values, "artifactsDestination") ?? env.MLFLOW_ARTIFACTS_DESTINATION ?? "./mlartifacts",
    serveArtifacts: typeof values.serveArtifacts === "boolean" ? values.serveArtifacts : isServing(env),
    defaultArtifactRoot: text(values, "defaultArtifactRoot") ?? env.MLFLOW_DEFAULT_ARTIFACT_ROOT,
    artifactRoots: listed(text(values, "artifactRoots") ?? env.ESTEIRA_ARTIFACT_ROOTS),
    presignedDownloadSeconds: seconds(env.MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS),
    env,
  };
}

const isServing = ({ MLFLOW_SERVE_ARTIFACTS }: Env): boolean =>
  !/^(false|0|no|off)$/i.test(MLFLOW_SERVE_ARTIFACTS ?? "");

function seconds(value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (/^[1-9]\d{0,5}$/.test(value) && Number(value) <= 604_800) return Number(value);
  throw invalid(`MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS is '${value}'; it must be from 1 to 604800 seconds.`);
}
