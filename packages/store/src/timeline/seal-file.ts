import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { appendFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EsteiraError } from "@esteira/core/errors";
import { type Checkpoint, type KeyRecord, type Seal, sealWire } from "@esteira/core/wire/timeline";
import { MEMORY, parseBackendUri } from "../database/uri.ts";
import { fingerprint, signedText } from "./checkpoint.ts";

/**
 * The server's signing key (Ed25519, PKCS#8, readable by its owner only; made when it is absent) and the file of what it
 * has signed, a line of JSON each. Both lie outside of the database, so that who edits the database cannot edit them too.
 */
export class SealFile {
  readonly #keyFile: string;
  readonly #file: string;

  constructor(keyFile: string) {
    this.#keyFile = keyFile;
    this.#file = `${keyFile.replace(/\.signing-key$/, "")}.checkpoints`;
  }

  get path(): string {
    return this.#file;
  }

  /** @throws EsteiraError INVALID_STATE for a line that is no such record. */
  read(): readonly Seal[] {
    return parseSeals(textOf(this.#file) ?? "", this.#file);
  }

  /** Signs with the key of now, and keeps the record. */
  seal(record: Omit<Checkpoint, "key" | "signature">): Checkpoint {
    const key = this.#key();
    this.#introduce(key, record.at);
    const signed = signedBy(key, { ...record, key: fingerprint(publicOf(key)), signature: "" });
    this.#keep(signed);
    return signed;
  }

  /** The fingerprint of the key of now, for others to know it by. */
  fingerprint(): string {
    return fingerprint(publicOf(this.#key()));
  }

  /** Replaces the key by a new one, for which the old one vouches with its last signature. Answers its fingerprint. */
  rotate(at: number): string {
    const old = this.#key();
    this.#introduce(old, at);
    const fresh = newKey();
    const temporary = `${this.#keyFile}.new-${process.pid}`;
    writeFileSync(temporary, pem(fresh), { mode: 0o600 });
    this.#keep(signedBy(old, keyRecord(fresh, at)));
    renameSync(temporary, this.#keyFile);
    return fingerprint(publicOf(fresh));
  }

  /** A key's first record says which it is. */
  #introduce(key: KeyObject, at: number): void {
    const last = this.read().findLast((seal): seal is KeyRecord => seal.kind === "key");
    const publicKey = publicOf(key);
    if (last?.public === publicKey) return;
    if (last !== undefined) {
      throw new EsteiraError(
        "INVALID_STATE",
        `The signing key ${this.#keyFile} is not the one that ${this.#file} names last (${last.key}): put the right key back, or move both files away to begin anew.`,
      );
    }
    this.#keep(signedBy(key, keyRecord(key, at)));
  }

  #keep(record: Seal): void {
    appendFileSync(this.#file, `${JSON.stringify(record)}\n`);
  }

  #key(): KeyObject {
    const known = textOf(this.#keyFile);
    if (known !== undefined) return readKey(known, this.#keyFile);
    // Two servers may start at the same moment: a link is made by one of them only, and never over another's.
    const temporary = `${this.#keyFile}.new-${process.pid}`;
    writeFileSync(temporary, pem(newKey()), { mode: 0o600 });
    try {
      linkSync(temporary, this.#keyFile);
    } catch (error) {
      if (!isCode(error, "EEXIST")) throw error;
    } finally {
      rmSync(temporary);
    }
    return readKey(readFileSync(this.#keyFile, "utf8"), this.#keyFile);
  }
}

/** @throws EsteiraError INVALID_STATE for a line that is no such record. */
export function parseSeals(text: string, file: string): readonly Seal[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const seal = sealWire.safeParse(parsed(line));
    if (seal.success) return [seal.data];
    throw new EsteiraError(
      "INVALID_STATE",
      `Line ${index + 1} of ${file} is no checkpoint: the file was damaged or edited.`,
    );
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const newKey = (): KeyObject => generateKeyPairSync("ed25519").privateKey;
const pem = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" }).toString();
const publicOf = (key: KeyObject): string =>
  createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64");
const signedBy = <S extends Seal>(key: KeyObject, record: S): S => ({
  ...record,
  signature: sign(null, Buffer.from(signedText(record)), key).toString("base64"),
});
const keyRecord = (key: KeyObject, at: number): KeyRecord => ({
  kind: "key",
  format: 1,
  at,
  public: publicOf(key),
  key: fingerprint(publicOf(key)),
  signature: "",
});

function readKey(text: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(text);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {}
  throw new EsteiraError("INVALID_STATE", `${file} holds no Ed25519 private key in PEM: put the right file there.`);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/**
 * Where the server of a database keeps its signing key: in the file that is given, else beside a SQLite file. Undefined
 * where neither is known; nothing is signed then.
 */
export function sealFileOf(backendUri: string, given: string | undefined): SealFile | undefined {
  if (given !== undefined && given !== "") return new SealFile(given);
  const uri = parseBackendUri(backendUri);
  return uri.kind === "sqlite" && uri.path !== MEMORY ? new SealFile(`${uri.path}.signing-key`) : undefined;
}
