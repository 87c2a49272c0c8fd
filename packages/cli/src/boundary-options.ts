import { invalid } from "@esteira/core/errors";
import { type CommandOption, listedIfAny, text, type Values } from "./command.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const FRAME_OPTIONS = ["SAMEORIGIN", "DENY", "NONE"] as const;

/** How browsers and proxies may reach a server: MLflow's options and their variables. */
export const BOUNDARY: readonly CommandOption[] = [
  {
    flags: "--allowed-hosts <hosts>",
    summary:
      "the only hosts under which the server is reached, with commas between, * for any part; also MLFLOW_SERVER_ALLOWED_HOSTS (default: this machine and private networks)",
  },
  {
    flags: "--cors-allowed-origins <origins>",
    summary: "origins whose pages may use the server, with commas between; also MLFLOW_SERVER_CORS_ALLOWED_ORIGINS",
  },
  {
    flags: "--x-frame-options <value>",
    summary:
      "who may show the pages in a frame: SAMEORIGIN, DENY or NONE; also MLFLOW_SERVER_X_FRAME_OPTIONS (default: SAMEORIGIN)",
  },
  {
    flags: "--static-prefix <path>",
    summary: "serve everything under this path, such as /mlflow; also MLFLOW_STATIC_PREFIX",
  },
  {
    flags: "--trusted-proxies <addresses>",
    summary:
      "addresses or networks of proxies whose X-Forwarded-* headers are believed; also ESTEIRA_TRUSTED_PROXIES (default: none)",
  },
];

export interface BoundaryStart {
  readonly boundary: {
    readonly allowedHosts?: readonly string[];
    readonly allowedOrigins?: readonly string[];
    readonly frameOptions?: (typeof FRAME_OPTIONS)[number];
    readonly staticPrefix?: string;
    readonly trustedProxies?: readonly string[];
  };
  readonly allowedHostSchemes: readonly string[];
}

export function boundaryOptions(values: Values, env: Environment): BoundaryStart {
  const given = (name: string, variable: string): string | undefined =>
    text(values, name) ?? (env[variable] || undefined);
  const allowedHosts = listedIfAny(given("allowedHosts", "MLFLOW_SERVER_ALLOWED_HOSTS"));
  const allowedOrigins = listedIfAny(given("corsAllowedOrigins", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"));
  const trustedProxies = listedIfAny(given("trustedProxies", "ESTEIRA_TRUSTED_PROXIES"));
  const frameOptions = frameOption(given("xFrameOptions", "MLFLOW_SERVER_X_FRAME_OPTIONS"));
  const staticPrefix = given("staticPrefix", "MLFLOW_STATIC_PREFIX");
  return {
    boundary: {
      ...(allowedHosts === undefined ? {} : { allowedHosts }),
      ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
      ...(frameOptions === undefined ? {} : { frameOptions }),
      ...(staticPrefix === undefined ? {} : { staticPrefix }),
      ...(trustedProxies === undefined ? {} : { trustedProxies }),
    },
    allowedHostSchemes: listedIfAny(env.MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES?.toLowerCase()) ?? [],
  };
}

function frameOption(value: string | undefined): (typeof FRAME_OPTIONS)[number] | undefined {
  if (value === undefined) return undefined;
  const known = FRAME_OPTIONS.find((option) => option === value.toUpperCase());
  if (known !== undefined) return known;
  throw invalid(`--x-frame-options is '${value}': expected one of ${FRAME_OPTIONS.join(", ")}.`);
}
