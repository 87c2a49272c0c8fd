import { invalid } from "@esteira/core/errors";
import { type Address, publicAddresses, type Resolve } from "./public-address.ts";

/** Where webhooks may lead. */
export interface WebhookUrlPolicy {
  /** Schemes without the colon; MLflow's default is https alone (MLFLOW_WEBHOOK_ALLOWED_SCHEMES). */
  readonly schemes: readonly string[];
  /** Whether addresses of private networks are allowed too (MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS). */
  readonly allowPrivateAddresses: boolean;
  readonly resolve?: Resolve | undefined;
}

const MAX_URL = 500;

/**
 * Checks a webhook's URL now: at its creation, and again before each delivery. The addresses are those to connect to;
 * undefined where every address is allowed.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE with MLflow's sentences.
 */
export async function checkWebhookUrl(
  text: string,
  policy: WebhookUrlPolicy,
): Promise<{ readonly url: URL; readonly addresses: readonly Address[] | undefined }> {
  if (text.trim() === "") throw invalid(`Webhook URL cannot be empty or just whitespace: '${text}'`);
  if (text.length > MAX_URL) throw invalid(`Webhook URL exceeds the maximum length of ${MAX_URL} characters.`);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? "";
  if (!policy.schemes.includes(scheme)) {
    throw invalid(`Invalid webhook URL scheme: '${scheme}'. Allowed schemes are: ${policy.schemes.join(", ")}.`);
  }
  if (!URL.canParse(text)) throw invalid(`Invalid webhook URL '${text}': it cannot be read as a URL.`);
  const url = new URL(text);
  if (url.hostname === "") throw invalid(`Webhook URL must include a hostname: '${text}'`);
  if (url.username !== "" || url.password !== "") {
    throw invalid("A webhook URL must not hold a user or a password: use the webhook's secret to prove who calls.");
  }
  return {
    url,
    addresses: policy.allowPrivateAddresses ? undefined : await publicAddresses(url, policy.resolve),
  };
}
