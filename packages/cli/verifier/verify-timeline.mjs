#!/usr/bin/env node
// Verifies what `esteira audit export` has written, with nothing but Node: node verify-timeline.mjs EXPORT [KEY]
//
// An export has a line for each entry, in their order, and then one for each key and checkpoint. The hash of an entry is
// SHA-256 of a zero byte and its line: the leaf hash of RFC 9162. Each entry names the hash of the one before it. A
// checkpoint holds the Merkle root of the first entries, and is signed (Ed25519) over its own JSON with sorted keys and
// without `signature`. KEY is the fingerprint (SHA-256 of the public key) of a key that you trust.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const [file, trusted] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node verify-timeline.mjs EXPORT [FINGERPRINT OF A TRUSTED KEY]");
  process.exit(2);
}

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const parent = (left, right) => sha256("\x01", left, right);
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
};

const faults = [];
const fault = (text) => faults.push(text);
const heads = ["0".repeat(64)]; // the hash of the last entry, by the number of entries
const leaves = [];
const seals = [];
let at = Number.NEGATIVE_INFINITY;

for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
  if (line === "") continue;
  let entry;
  try {
    entry = JSON.parse(line);
  } catch {
    fault(`line ${leaves.length + seals.length + 1} is no JSON`);
    continue;
  }
  if (entry.kind !== undefined) {
    seals.push(entry);
    continue;
  }
  const expected = leaves.length + 1;
  if (canonical(entry) !== line) fault(`entry ${expected} is not in canonical form`);
  if (entry.sequence !== expected) fault(`entry ${entry.sequence} stands where entry ${expected} should be`);
  if (entry.previous !== heads.at(-1)) fault(`entry ${entry.sequence} does not continue the one before it`);
  if (Math.max(0, at - entry.at) !== (entry.behind ?? 0) && leaves.length > 0)
    fault(`entry ${entry.sequence} is wrong about its clock`);
  at = entry.at;
  const leaf = sha256("\0", line);
  leaves.push(leaf);
  heads.push(leaf.toString("hex"));
}

// The roots of the full subtrees grow with each leaf, and together they make the root at that size.
const roots = new Map();
const peaks = [];
const wanted = new Set(seals.map(({ size }) => size));
const rootNow = () => (peaks.length === 0 ? sha256("") : peaks.reduceRight((right, left) => parent(left, right)));
if (wanted.has(0)) roots.set(0, rootNow());
leaves.forEach((leaf, index) => {
  let hash = leaf;
  for (let rest = index; rest % 2 === 1; rest = (rest - 1) / 2) hash = parent(peaks.pop(), hash);
  peaks.push(hash);
  if (wanted.has(index + 1)) roots.set(index + 1, rootNow());
});

let key;
const keys = [];
let signed = 0;
for (const seal of seals) {
  const { signature, ...record } = seal;
  const signer = seal.kind === "key" && key === undefined ? seal.public : key;
  const publicKey = signer && createPublicKey({ key: Buffer.from(signer, "base64"), format: "der", type: "spki" });
  const isSigned =
    publicKey?.asymmetricKeyType === "ed25519" &&
    verify(null, Buffer.from(canonical(record)), publicKey, Buffer.from(signature, "base64"));
  const name = seal.kind === "key" ? `the key ${seal.key}` : `the checkpoint of ${seal.size} entries`;
  if (!isSigned) {
    fault(`${name} is not signed by the key that was in use`);
  } else if (seal.kind === "key") {
    if (sha256(Buffer.from(seal.public, "base64")).toString("hex") !== seal.key)
      fault(`${name} has another fingerprint`);
    key = seal.public;
    keys.push(seal.key);
  } else if (seal.size > leaves.length) {
    fault(`${name} was signed, and there are ${leaves.length}: the end was cut off`);
  } else if (seal.root !== roots.get(seal.size)?.toString("hex") || seal.head !== heads[seal.size]) {
    fault(`${name} is of another chain: this one was written anew`);
  } else {
    signed = Math.max(signed, seal.size);
  }
}
if (trusted !== undefined && !keys.includes(trusted))
  fault(`no checkpoint is signed by ${trusted} or a key that it vouches for`);

console.log(`${leaves.length} entries, ${signed} of them signed, last hash ${heads.at(-1)}`);
if (trusted === undefined && keys.length > 0) console.log(`signed by ${keys.join(", ")}: compare with what you know`);
for (const text of faults.slice(0, 100)) console.log(`FAULT ${text}`);
console.log(faults.length === 0 ? "the timeline is sound" : `the timeline is not sound: ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 3;
