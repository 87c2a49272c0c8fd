import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { notFound } from "@esteira/core/errors";
import { readSigningKey, readVerifyingKey } from "@esteira/deploy/signing/signing-key";

/** The private key of a file. */
export const signingKeyOf = async (file: string): Promise<KeyObject> => readSigningKey(await contentOf(file), file);

/** The public keys of files. */
export const verifyingKeysOf = (files: readonly string[]): Promise<readonly KeyObject[]> =>
  Promise.all(files.map(async (file) => readVerifyingKey(await contentOf(file), file)));

const contentOf = (file: string): Promise<string> =>
  readFile(file, "utf8").catch(() => {
    throw notFound(`The key '${file}' cannot be read: give the path of a PEM file.`);
  });
