import { EsteiraError, invalid } from "@esteira/core/errors";
import { decryptFernet, encryptFernet, type FernetKey, parseFernetKey } from "./fernet.ts";

const VARIABLE = "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY";
const LONGEST = 512;

/** Keeps the secrets of webhooks encrypted in the database, with MLflow's method and under MLflow's key. */
export class WebhookSecrets {
  readonly #key: FernetKey | undefined;

  /** @throws EsteiraError INVALID_PARAMETER_VALUE when `key` is no Fernet key. */
  constructor(key: string | undefined) {
    this.#key = key === undefined ? undefined : parseFernetKey(key);
    if (key !== undefined && this.#key === undefined) {
      throw invalid(`${VARIABLE} is no Fernet key: it must be 32 bytes in URL-safe base64.`);
    }
  }

  encrypt(secret: string, now: number): string {
    if (secret.length > LONGEST) throw invalid(`A webhook's secret may have at most ${LONGEST} characters.`);
    if (this.#key === undefined) {
      throw invalid(
        `A webhook's secret is kept encrypted, and this server has no key for it: set ${VARIABLE} to the same Fernet key for every server of this database.`,
      );
    }
    return encryptFernet(this.#key, secret, now);
  }

  decrypt(token: string): string {
    const secret = this.#key === undefined ? undefined : decryptFernet(this.#key, token);
    if (secret !== undefined) return secret;
    throw new EsteiraError(
      "INVALID_STATE",
      `The webhook's secret was encrypted under another key: set ${VARIABLE} to that key, or give the webhook its secret again.`,
    );
  }
}
