import { createHmac } from "node:crypto";

/**
 * MLflow's signature of a delivery: HMAC-SHA256 over `id.timestamp.body`, base64, behind the version of the scheme.
 * `timestamp` is in seconds since the epoch.
 */
export function signDelivery(secret: string, deliveryId: string, timestamp: string, body: string): string {
  const mac = createHmac("sha256", secret).update(`${deliveryId}.${timestamp}.${body}`).digest("base64");
  return `v1,${mac}`;
}
