import { STANDARD_RETRIES } from "@esteira/core/delivery-retry";
import { invalid } from "@esteira/core/errors";
import { STANDARD_WEBHOOKS, type WebhookOptions } from "./mount.ts";

/** The webhook options that MLflow's environment variables give; throws INVALID_PARAMETER_VALUE for a value that is none. */
export function webhookOptions(env: Readonly<Record<string, string | undefined>>): WebhookOptions {
  const schemes = env.MLFLOW_WEBHOOK_ALLOWED_SCHEMES;
  const seconds = whole(env, "MLFLOW_WEBHOOK_REQUEST_TIMEOUT", 1);
  const retries = whole(env, "MLFLOW_WEBHOOK_REQUEST_MAX_RETRIES", 0);
  return {
    policy: {
      schemes: schemes
        ? schemes.split(",").map((scheme) => scheme.trim().toLowerCase())
        : STANDARD_WEBHOOKS.policy.schemes,
      allowPrivateAddresses: flag(env, "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"),
    },
    timeoutMs: seconds === undefined ? STANDARD_WEBHOOKS.timeoutMs : seconds * 1000,
    ...(retries === undefined ? {} : { retries: { ...STANDARD_RETRIES, attempts: retries + 1 } }),
  };
}

function whole(env: Readonly<Record<string, string | undefined>>, name: string, least: number): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
  throw invalid(`${name} is '${text}': expected a whole number from ${least}.`);
}

function flag(env: Readonly<Record<string, string | undefined>>, name: string): boolean {
  const text = env[name]?.toLowerCase() ?? "";
  if (["", "false", "0"].includes(text)) return false;
  if (["true", "1"].includes(text)) return true;
  throw invalid(`${name} is '${env[name]}': expected true or false.`);
}
