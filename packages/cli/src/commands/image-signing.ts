import { invalid } from "@esteira/core/errors";
import { type Command, text, texts } from "../command.ts";

const IMAGE = { name: "image", summary: "an image's name (ghcr.io/me/pix:3), or oci:FOLDER[:NAME]" };

/** Signatures of images, as cosign keeps them. */
export const imageSigning: readonly Command[] = [
  {
    name: "image sign",
    summary: "Sign an image, each of its platforms, and how it was made; cosign verifies it",
    arguments: [IMAGE],
    options: [
      {
        flags: "--key <file>",
        summary: "the private key in PEM, Ed25519 or ECDSA P-256 (`esteira evidence key` makes one)",
        required: true,
      },
      { flags: "--as <repository>", summary: "HOST/REPOSITORY that the signature says, of an image in a folder" },
    ],
    async run(values, terminal) {
      const { signImage } = await import("@esteira/deploy/signing/image-signatures");
      const { signingKeyOf } = await import("../image/image-keys.ts");
      const { imagePlace, registrySession } = await import("../image/image-places.ts");
      const key = await signingKeyOf(text(values, "key") ?? "");
      const place = await imagePlace(text(values, "image") ?? "", registrySession(terminal), true);
      const { parseReference, printReference } = await import("@esteira/deploy/registry/reference");
      const named = text(values, "as");
      const { registry, repository } = place.repository ?? (named === undefined ? {} : parseReference(named));
      if (registry === undefined || repository === undefined)
        throw invalid("An image in a folder does not say where it goes: add --as HOST/REPOSITORY.");
      const signed = await signImage(place, printReference({ registry, repository }), key);
      for (const { digest, isNew, provenance } of signed) {
        const made = provenance === undefined ? ", which has no provenance" : ", and how it was made";
        terminal.note(isNew ? `Signed ${digest}${made}.` : `${digest} was signed by this key before.`);
      }
      terminal.out(signed[0]?.digest ?? "");
      return 0;
    },
  },
  {
    name: "image verify",
    summary: "Say whether an image is signed by one of the keys (exit code 3: it is not), and print its digest",
    arguments: [IMAGE],
    options: [
      { flags: "--key <file>", summary: "a public key in PEM; may be repeated", required: true, repeats: true },
      { flags: "--provenance", summary: "one of the keys must have signed how it was made, too" },
    ],
    async run(values, terminal) {
      const { verifyImage } = await import("@esteira/deploy/signing/image-signatures");
      const { verifyingKeysOf } = await import("../image/image-keys.ts");
      const { imagePlace, registrySession } = await import("../image/image-places.ts");
      const keys = await verifyingKeysOf(texts(values, "key"));
      const place = await imagePlace(text(values, "image") ?? "", registrySession(terminal), true);
      const { EsteiraError } = await import("@esteira/core/errors");
      try {
        const { digest, signers, isProvenanceSigned } = await verifyImage(place, keys);
        for (const signer of signers) terminal.note(`Signed by the key ${signer}.`);
        terminal.note(`How it was made is ${isProvenanceSigned ? "signed too" : "not signed by these keys"}.`);
        terminal.out(digest);
        return values.provenance === true && !isProvenanceSigned ? REFUSED : 0;
      } catch (error) {
        if (!(error instanceof EsteiraError) || error.code !== "INVALID_STATE") throw error;
        terminal.note(error.message);
        return REFUSED;
      }
    },
  },
];

/** As a gate's refusal. */
const REFUSED = 3;
