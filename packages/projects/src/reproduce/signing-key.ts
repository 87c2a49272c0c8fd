import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from "node:crypto";
import { link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { VerdictSignature } from "@esteira/core/reproduction";

type Env = Readonly<Record<string, string | undefined>>;

const configOf = (env: Env): string => join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), ".config"), "esteira");

/** Where a user's key is; `ESTEIRA_SIGNING_KEY` names another file, such as a secret of a build server. */
export const signingKeyFile = (env: Env): string => env.ESTEIRA_SIGNING_KEY || join(configOf(env), "signing-key.pem");

/** Where a user lists the keys that he believes, besides his own: an id on each line, and behind it whose it is. */
export const trustedKeysFile = (env: Env): string => env.ESTEIRA_TRUSTED_KEYS || join(configOf(env), "trusted-keys");

/**
 * The Ed25519 key of a file, in PEM (PKCS #8). Where there is none, one is made that only its owner can read.
 *
 * @throws EsteiraError INVALID_STATE for a file that others can read, INVALID_PARAMETER_VALUE for one that holds no such key.
 */
export async function openSigningKey(file: string): Promise<KeyObject> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) await makeKey(file);
  else if ((found.mode & 0o077) !== 0 && process.platform !== "win32")
    throw new EsteiraError(
      "INVALID_STATE",
      `The signing key ${file} can be read by others: run chmod 600 ${file}, and consider it known to them.`,
    );
  try {
    const key = createPrivateKey(await readFile(file));
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Said below.
  }
  throw invalid(`${file} holds no Ed25519 private key in PEM: move it away, and another is made.`);
}

/** Linked when it is whole: of two that make one at the same time, both use the first. */
async function makeKey(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync("ed25519");
  const made = `${file}.${randomUUID()}`;
  await writeFile(made, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  try {
    await link(made, file).catch((error: unknown) => {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    });
  } finally {
    await rm(made);
  }
}

export function signBytes(bytes: Uint8Array, key: KeyObject): VerdictSignature {
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    algorithm: "Ed25519",
    keyId: keyIdOf(publicKey),
    publicKey: publicKey.toString("base64"),
    signature: sign(null, bytes, key).toString("base64"),
  };
}

/** Whether the key that the signature names has signed these bytes; whose key that is, it does not say. */
export function isSignedBy(bytes: Uint8Array, { keyId, publicKey, signature }: VerdictSignature): boolean {
  try {
    const der = Buffer.from(publicKey, "base64");
    const key = createPublicKey({ key: der, type: "spki", format: "der" });
    return (
      key.asymmetricKeyType === "ed25519" &&
      keyIdOf(der) === keyId &&
      verify(null, bytes, key, Buffer.from(signature, "base64"))
    );
  } catch {
    return false;
  }
}

/** As ssh names keys: SHA-256 of the public one, in base64 without padding. */
const keyIdOf = (der: Uint8Array): string =>
  `SHA256:${createHash("sha256").update(der).digest("base64").replace(/=+$/, "")}`;

/** Whose key this is as far as the user knows: his own, or one of his list; undefined for a stranger's. */
export async function knownKey(id: string, env: Env): Promise<string | undefined> {
  const pem = await readFile(signingKeyFile(env)).catch(() => undefined);
  if (pem !== undefined && keyIdOf(createPublicKey(pem).export({ type: "spki", format: "der" })) === id)
    return "your own key";
  const list = await readFile(trustedKeysFile(env), "utf8").catch(() => "");
  for (const line of list.split("\n")) {
    const [key, ...whose] = line.trim().split(/\s+/);
    if (key === id) return whose.join(" ") || "a key that you trust";
  }
  return undefined;
}
