import { execFileSync } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { PREDICATE, PROVENANCE_TYPE } from "@esteira/deploy/image/provenance";
import { attach } from "@esteira/deploy/image/referrer";
import { type Descriptor, parseDocument } from "@esteira/deploy/oci/descriptor";
import { openLayout } from "@esteira/deploy/oci/layout";
import { copyImage } from "@esteira/deploy/registry/copy";
import { companionTag, layoutPlace, registryPlace } from "@esteira/deploy/registry/place";
import { parseReference } from "@esteira/deploy/registry/reference";
import { signImage, verifyImage } from "@esteira/deploy/signing/image-signatures";
import { readSigningKey, readVerifyingKey } from "@esteira/deploy/signing/signing-key";
import { SIGNATURE } from "@esteira/deploy/signing/statements";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { missing, run } from "./programs.ts";
import { indexOf, smallImage } from "./small-image.ts";

const COSIGN = process.env.ESTEIRA_COSIGN ?? "cosign";
const KEYS = {
  ed25519: () => generateKeyPairSync("ed25519"),
  "P-256": () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
} as const;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-signed-"));
  for (const [name, make] of Object.entries(KEYS)) {
    const { privateKey, publicKey } = make();
    await writeFile(join(root, `${name}.key`), privateKey.export({ type: "pkcs8", format: "pem" }));
    await writeFile(join(root, `${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

const privateKey = async (name: string): Promise<KeyObject> =>
  readSigningKey(await readFile(join(root, `${name}.key`), "utf8"), name);
const publicKey = async (name: string): Promise<KeyObject> =>
  readVerifyingKey(await readFile(join(root, `${name}.pub`), "utf8"), name);

describe.skipIf(missing("docker-registry", "openssl"))("signatures in a real registry", () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry?.stop());

  const remote = (name: string) =>
    registryPlace(parseReference(`${registry.host}/${name}`), { credentials: async () => undefined });
  const esteira = (...args: readonly string[]) => runEsteira(root, ["image", ...args], { HOME: root });

  /** An image for two platforms, with the provenance of the first, as `name` at the registry. */
  async function pushed(name: string): Promise<{ readonly root: Descriptor; readonly amd64: Descriptor }> {
    const layout = await openLayout(await mkdtemp(join(root, "layout-")));
    const amd64 = await smallImage(layout, "amd64", 2000);
    const index = await indexOf(layout, { amd64, arm64: await smallImage(layout, "arm64", 2000) });
    await layout.tag("v1", index);
    const subject = [{ name: "registry.test/pix", digest: { sha256: amd64.digest.slice(7) } }];
    const document = { _type: "https://in-toto.io/Statement/v1", subject, predicateType: PREDICATE, predicate: {} };
    await attach(layout, amd64, { type: PROVENANCE_TYPE, document });
    await copyImage(await layoutPlace(layout.folder, "v1", true), remote(name), { isWithReferrers: true });
    return { root: index, amd64 };
  }

  test.each(Object.keys(KEYS))("%s: signed, verified, and refused by another key or of another image", async (name) => {
    const [team, other] = [`${name.toLowerCase()}/pix`, Object.keys(KEYS).find((one) => one !== name) ?? ""];
    const image = await pushed(`${team}:v1`);
    await expect(verifyImage(remote(`${team}:v1`), [await publicKey(name)])).rejects.toThrow("it has no signature");
    const signed = await signImage(remote(`${team}:v1`), `${registry.host}/${team}`, await privateKey(name));
    expect(signed.map(({ digest, isNew, provenance }) => [digest, isNew, provenance])).toEqual([
      [image.root.digest, true, undefined],
      [image.amd64.digest, true, "signed"],
      [expect.any(String), true, undefined],
    ]);
    const again = await signImage(remote(`${team}:v1`), `${registry.host}/${team}`, await privateKey(name));
    expect(again.some(({ isNew }) => isNew)).toBe(false);
    const own = remote(`${team}@${image.amd64.digest}`);
    expect(await verifyImage(own, [await publicKey(other), await publicKey(name)])).toMatchObject({
      ...{ digest: image.amd64.digest, signers: [expect.stringMatching(/^sha256:/)], isProvenanceSigned: true },
    });
    await expect(verifyImage(own, [await publicKey(other)])).rejects.toThrow(
      "none of its 1 signatures is of this image",
    );

    // Somebody who may push puts the signature beside another image.
    const stranger = await pushed(`${team}:v2`);
    const tag = companionTag(image.root.digest, "sig");
    const found = await own.tagged(tag);
    if (found === undefined) throw new Error(`${tag} is not there`);
    const document = await own.document(found);
    await own.tag(companionTag(stranger.root.digest, "sig"), document, found);
    await expect(verifyImage(remote(`${team}:v2`), [await publicKey(name)])).rejects.toThrow(
      "none of its 1 signatures",
    );

    // What is signed is verified by who knows nothing of images.
    const parsed = parseDocument(document, found.mediaType, tag);
    const layer = parsed.kind === "manifest" ? parsed.manifest.layers[0] : undefined;
    if (layer === undefined) throw new Error("no signature");
    await writeFile(join(root, "payload"), await buffer(await own.blob(layer, 0)));
    await writeFile(join(root, "signature"), Buffer.from(layer.annotations?.[SIGNATURE] ?? "", "base64"));
    const raw = name === "ed25519" ? ["-rawin"] : ["-rawin", "-digest", "sha256"];
    const args = ["pkeyutl", "-verify", "-pubin", "-inkey", join(root, `${name}.pub`), ...raw];
    const { stdout } = await run("openssl", [
      ...args,
      "-in",
      join(root, "payload"),
      "-sigfile",
      join(root, "signature"),
    ]);
    expect(stdout).toContain("Signature Verified Successfully");
  });

  test("a signature goes along with a copy, through a folder too", async () => {
    await pushed("from/pix:v1");
    await signImage(remote("from/pix:v1"), `${registry.host}/from/pix`, await privateKey("ed25519"));
    const folder = join(root, "through");
    await copyImage(remote("from/pix:v1"), await layoutPlace(folder, "v1", false), { isWithReferrers: true });
    const keys = [await publicKey("ed25519")];
    // The only image of the folder: what is about it is none.
    expect((await verifyImage(await layoutPlace(folder, undefined, true), keys)).signers).toHaveLength(1);
    await copyImage(await layoutPlace(folder, "v1", true), remote("to/pix:v1"), { isWithReferrers: true });
    expect((await verifyImage(remote("to/pix:v1"), keys)).signers).toHaveLength(1);
    expect(
      await remote("to/pix:v1").tagged(companionTag((await remote("to/pix:v1").find())?.digest ?? "", "sig")),
    ).toBeDefined();
    await copyImage(remote("from/pix:v1"), remote("bare/pix:v1"));
    await expect(verifyImage(remote("bare/pix:v1"), keys)).rejects.toThrow("it has no signature");
  });

  test("esteira image sign and verify, and a deployment that wants a signature", async () => {
    const image = await pushed("cli/pix:v1");
    const name = `${registry.host}/cli/pix`;
    const deploy = (reference: string) => {
      const where = ["-n", "pix", "--image", reference, "--export", "compose", "-o", join(root, "compose")];
      const args = ["deploy", "docker", "models:/pix/1", ...where, "--require-signature", "ed25519.pub"];
      return runEsteira(root, args, { HOME: root, MLFLOW_TRACKING_URI: "" });
    };
    expect(await deploy(`${name}@${image.root.digest}`)).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining("it has no signature") },
    });
    expect(await esteira("verify", `${name}:v1`, "--key", "ed25519.pub")).toMatchObject({ code: 3, stdout: "" });
    const signed = await esteira("sign", `${name}:v1`, "--key", "ed25519.key");
    expect(signed).toMatchObject({ code: 0, stdout: `${image.root.digest}\n` });
    expect(
      await esteira(
        "verify",
        `${name}@${image.amd64.digest}`,
        "--key",
        "P-256.pub",
        "--key",
        "ed25519.pub",
        "--provenance",
      ),
    ).toMatchObject({
      ...{ code: 0, stdout: `${image.amd64.digest}\n` },
    });
    expect((await esteira("verify", `${name}:v1`, "--key", "P-256.pub")).stderr).toContain("none of its 1 signatures");
    expect((await esteira("verify", `${name}:v1`, "--key", "ed25519.pub", "--provenance")).code).toBe(3);
    expect(await deploy(`${name}@${image.root.digest}`)).toMatchObject({ code: 0 });
    expect((await deploy(`${name}:v1`)).stderr).toContain("names no digest");
    for (const key of ["ed25519.pub", "none.key"])
      expect((await esteira("sign", `${name}:v1`, "--key", key)).code).toBe(2);
  });

  test.skipIf(missing(COSIGN))("cosign verifies what we sign, and we what cosign signs", async () => {
    const env = { ...process.env, HOME: root, COSIGN_PASSWORD: "", COSIGN_EXPERIMENTAL: "1" };
    const cosign = (...args: readonly string[]) => run(COSIGN, args, { env, cwd: root });
    const { amd64 } = await pushed("cosign/pix:v1");
    const name = `${registry.host}/cosign/pix@${amd64.digest}`;
    for (const key of Object.keys(KEYS)) {
      await signImage(remote("cosign/pix:v1"), `${registry.host}/cosign/pix`, await privateKey(key));
      for (const more of [[], ["--experimental-oci11"]]) {
        const offline = ["--insecure-ignore-tlog=true", "--key", `${key}.pub`, ...more];
        const { stdout } = await cosign("verify", ...offline, name);
        expect(JSON.parse(stdout)).toMatchObject([
          { critical: { image: { "docker-manifest-digest": amd64.digest }, type: "cosign container image signature" } },
        ]);
      }
      const offline = ["--insecure-ignore-tlog=true", "--key", `${key}.pub`, "--type", "slsaprovenance1"];
      expect((await cosign("verify-attestation", ...offline, name)).stdout).toContain("payloadType");
    }
    const theirs = await pushed("cosign/theirs:v1");
    execFileSync(COSIGN, ["import-key-pair", "--key", "P-256.key", "--output-key-prefix", "theirs"], {
      env,
      cwd: root,
    });
    const image = `${registry.host}/cosign/theirs@${theirs.amd64.digest}`;
    await cosign("sign", "--tlog-upload=false", "--yes", "--key", "theirs.key", image);
    const own = remote(`cosign/theirs@${theirs.amd64.digest}`);
    expect((await verifyImage(own, [await publicKey("P-256")])).signers).toHaveLength(1);
    await expect(verifyImage(own, [await publicKey("ed25519")])).rejects.toThrow("none of its 1 signatures");
    // Both keep what the other has signed.
    await signImage(own, `${registry.host}/cosign/theirs`, await privateKey("ed25519"));
    await cosign("verify", "--insecure-ignore-tlog=true", "--key", "P-256.pub", image);
    await cosign("verify", "--insecure-ignore-tlog=true", "--key", "ed25519.pub", image);
  });
});

test("what is no key is refused in a sentence, and a password is not asked for", async () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  expect(() => readSigningKey(pem, "rsa.key")).toThrow("rsa.key holds no private key that images are signed with");
  expect(() => readVerifyingKey("nothing", "x.pub")).toThrow("x.pub holds no public key");
  const locked = generateKeyPairSync("ed25519").privateKey.export({
    ...{ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "p" },
  });
  expect(() => readSigningKey(locked.toString(), "locked.key")).toThrow("under a password");
});
