import { invalid } from "@esteira/core/errors";
import type { ConnectionLimits } from "@esteira/models/serving/connections";
import { type CommandOption, type Terminal, text, type Values } from "../command.ts";
import { ENGINE_OPTIONS, type EngineSettings, engineSettings } from "../engine-options.ts";
import { MODEL_URI } from "../model-option.ts";
import { portOf } from "../port.ts";
import { wholeOption } from "../whole-option.ts";

/** What `models serve` was asked, checked. */
export interface ServeSettings extends EngineSettings {
  readonly uri: string;
  /** Seconds that Python may take for a request. */
  readonly timeoutSeconds: number;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly canary: { readonly uri: string; readonly share: number } | undefined;
  readonly shadowUri: string | undefined;
  /** The folder whose orders say what is served: see `@esteira/deploy/local/folder`. */
  readonly deployment: string | undefined;
  /** Seconds between looks at where the URIs lead; 0 never looks again. */
  readonly refreshSeconds: number;
  readonly maxInFlight: number;
  readonly bodyLimit: number;
  readonly requestLog:
    | { readonly folder: string; readonly sample: number; readonly redact: readonly string[] }
    | undefined;
  readonly decisions: { readonly folder: string; readonly threshold: number | undefined } | undefined;
  /** When callers' connections end; without, when the callers or the process do. */
  readonly connections?: ConnectionLimits;
  /** Whether a model is asked about its example before anybody else asks it. */
  readonly warmUp?: boolean;
}

export const SERVE_OPTIONS: readonly CommandOption[] = [
  MODEL_URI,
  ...ENGINE_OPTIONS,
  { flags: "-t, --timeout <seconds>", summary: "how long Python may take for a request", default: "60" },
  { flags: "-h, --host <host>", summary: "address to listen on", default: "127.0.0.1" },
  { flags: "-p, --port <port>", summary: "port to listen on; 0 is any free one", default: "5000" },
  { flags: "-w, --workers <count>", summary: "processes that score, one a core at most", default: "1" },
  {
    flags: "--refresh <seconds>",
    summary: "how often to look where an alias or stage leads, and serve that; 0 is never",
    default: "10",
  },
  { flags: "--canary-uri <uri>", summary: "a second model, which answers a share of the requests" },
  { flags: "--canary-share <share>", summary: "of the requests, 0 to 1; equal X-Esteira-Key headers stay together" },
  { flags: "--shadow-uri <uri>", summary: "a model that is asked too, whose answers are compared and dropped" },
  {
    flags: "--deployment <folder>",
    summary: "serve what the orders in this folder say, and follow them; what a deployment starts",
  },
  { flags: "--max-in-flight <count>", summary: "requests under way, beyond which the answer is 429", default: "256" },
  { flags: "--body-limit <MiB>", summary: "largest body of a request", default: "16" },
  { flags: "--request-log <folder>", summary: "write what was asked and answered, as JSON lines that turn by size" },
  { flags: "--request-log-sample <share>", summary: "share of the requests that are written", default: "1" },
  { flags: "--request-log-redact <columns>", summary: "columns whose values are not written, with commas between" },
  {
    flags: "--decisions <folder>",
    summary: "record every decision for those who ask about it: whole, in order, erasable by X-Esteira-Subject",
  },
  {
    flags: "--decisions-threshold <score>",
    summary: "scores from here on are recorded as alerts, with their reasons (default: what the model says of itself)",
  },
];

export function serveSettings(values: Values, env: Terminal["env"]): ServeSettings {
  const canaryUri = text(values, "canaryUri");
  const share = text(values, "canaryShare");
  if ((canaryUri === undefined) !== (share === undefined)) {
    throw invalid("--canary-uri and --canary-share belong together: the model, and its share of the requests.");
  }
  const folder = text(values, "requestLog");
  const deployment = text(values, "deployment");
  const workers = wholeOption(values, "workers", 1, 256);
  if (deployment !== undefined && (workers > 1 || canaryUri !== undefined || text(values, "shadowUri") !== undefined))
    throw invalid("--deployment takes its models from the folder's orders, and serves them in one process.");
  return {
    uri: text(values, "modelUri") ?? "",
    ...engineSettings(values, env),
    timeoutSeconds: wholeOption(values, "timeout", 1, 86_400),
    host: text(values, "host") ?? "127.0.0.1",
    port: portOf(text(values, "port")),
    workers,
    canary: canaryUri === undefined ? undefined : { uri: canaryUri, share: shareOf(share, "--canary-share") },
    shadowUri: text(values, "shadowUri"),
    deployment,
    refreshSeconds: wholeOption(values, "refresh", 0, 86_400),
    maxInFlight: wholeOption(values, "maxInFlight", 1, 1_000_000),
    bodyLimit: wholeOption(values, "bodyLimit", 1, 1024) * 1024 * 1024,
    decisions: decisionsOf(values),
    requestLog:
      folder === undefined
        ? undefined
        : {
            folder,
            sample: shareOf(text(values, "requestLogSample"), "--request-log-sample"),
            redact: (text(values, "requestLogRedact") ?? "")
              .split(",")
              .map((name) => name.trim())
              .filter((name) => name !== ""),
          },
  };
}

function decisionsOf(values: Values): ServeSettings["decisions"] {
  const folder = text(values, "decisions");
  const given = text(values, "decisionsThreshold");
  if (folder === undefined) {
    if (given === undefined) return undefined;
    throw invalid("--decisions-threshold belongs to --decisions: give the folder that records are written to.");
  }
  const threshold = given === undefined ? undefined : Number(given);
  if (threshold === undefined || (given?.trim() !== "" && Number.isFinite(threshold))) return { folder, threshold };
  throw invalid(`--decisions-threshold is '${given}': expected a number.`);
}

function shareOf(given: string | undefined, flag: string): number {
  const value = Number(given);
  if (given !== undefined && given.trim() !== "" && value >= 0 && value <= 1) return value;
  throw invalid(`${flag} is '${given ?? ""}': expected a share from 0 to 1, such as 0.05.`);
}
