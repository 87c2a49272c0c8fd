import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkVerdict, reproductionOf, shortened } from "./reproduction.ts";

const runs = { original: "a", by: "b" };

function signed() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ type: "spki", format: "der" });
  const verdict = {
    ...{ format: "esteira.reproduction/1", original: "a", reproduction: "b", at: "2026-01-01T00:00:00Z" },
    ...{
      outcome: "reproduced",
      agreement: "bitwise",
      tolerances: [],
      causes: [],
      differences: {},
      withinTolerance: [],
    },
    ...{ equal: {}, notCompared: [], notVerified: [], evidence: { original: {}, reproduction: {} } },
  };
  const bytes = new TextEncoder().encode(JSON.stringify(verdict));
  const signature = {
    algorithm: "Ed25519",
    keyId: `SHA256:${createHash("sha256").update(der).digest("base64").replace(/=+$/, "")}`,
    publicKey: der.toString("base64"),
    signature: sign(null, bytes, privateKey).toString("base64"),
  };
  return { bytes, signature };
}

describe("a verdict in the browser", () => {
  it("is signed, or not checked where the browser cannot", async () => {
    const { bytes, signature } = signed();
    const text = JSON.stringify(signature);
    expect(await checkVerdict(bytes, text, runs)).toMatchObject({ state: "signed", keyId: signature.keyId });
    const subtle = { importKey: () => Promise.reject(new Error("no Ed25519")) };
    const none: SubtleCrypto = Object.assign(Object.create(globalThis.crypto.subtle), subtle);
    expect(await checkVerdict(bytes, text, runs, none)).toMatchObject({ state: "unchecked" });
  });

  it("is invalid where it was altered, is about other runs, or another key's name is put on it", async () => {
    const { bytes, signature } = signed();
    const stateOf = async (given: Uint8Array<ArrayBuffer>, change: object = {}, of = runs) =>
      (await checkVerdict(given, JSON.stringify({ ...signature, ...change }), of)).state;
    const text = new TextDecoder().decode(bytes);
    const altered = new TextEncoder().encode(text.replace('"bitwise"', '"tolerance"'));
    expect(await stateOf(altered)).toBe("invalid");
    expect(await stateOf(bytes, {}, { original: "a", by: "c" })).toBe("invalid");
    expect(await stateOf(bytes, { keyId: "SHA256:other" })).toBe("invalid");
    expect(await stateOf(bytes, { signature: "no base64 !" })).toBe("invalid");
    expect(await stateOf(new TextEncoder().encode("{}"))).toBe("invalid");
  });

  it("is looked for where the tags of either run say", () => {
    const tag = (name: string, value: string) => ({ key: `esteira.reproduction.${name}`, value });
    const verdict = tag("verdict", "reproduced");
    expect(reproductionOf("a", [verdict, tag("run", "b")])).toEqual(runs);
    expect(reproductionOf("b", [verdict, tag("of", "a")])).toEqual(runs);
    expect(reproductionOf("b", [tag("of", "a")])).toBeUndefined();
    expect(reproductionOf("a", [])).toBeUndefined();
  });
});

it("shows the first characters of digests and commits", () => {
  const [one, other] = ["0123456789ab".padEnd(40, "c"), "f".repeat(64)];
  expect(shortened(`commit: ${one} → sha256 ${other}`)).toBe("commit: 0123456789ab → sha256 ffffffffffff");
  expect(shortened("rate: 0.5 → 0.25")).toBe("rate: 0.5 → 0.25");
});
