import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Client } from "@esteira/sdk/client";
import { parseModelUri } from "@esteira/sdk/node/model-uri";
import { type CommandOption, type Terminal, text, type Values } from "./command.ts";
import { holdVersion } from "./deployed-models.ts";
import { trackingClient } from "./tracking.ts";

/** What `esteira build` has made of a version, by its digest. */
export const imageOf = ({ tags }: Pick<ModelVersion, "tags">): string | undefined =>
  tags.find(({ key }) => key === "esteira.image")?.value;

/** What an image must be to be run. */
export interface ImageTrust {
  /** Taken as it is named, though it may hold another model: it cannot be read from here. */
  readonly isUnchecked: boolean;
  /** Files of public keys, of which one must have signed it; any image will do where there are none. */
  readonly signers: readonly string[];
}

export const TRUST_OPTIONS: readonly CommandOption[] = [
  {
    flags: "--unchecked-image",
    summary: "run the image without comparing the model in it with the version's, where it cannot be read from here",
  },
  {
    flags: "--require-signature <file>",
    summary: "a public key in PEM that must have signed the image (or ESTEIRA_REQUIRE_SIGNATURE)",
  },
];

export const imageTrust = (values: Values): ImageTrust => {
  const signer = text(values, "requireSignature");
  return { isUnchecked: values.uncheckedImage === true, signers: signer === undefined ? [] : [signer] };
};

/** For whoever deploys without being asked, as flows do. */
export const requiredSigner = (env: Terminal["env"]): string | undefined => env.ESTEIRA_REQUIRE_SIGNATURE || undefined;

/**
 * The version that a URI leads to now, and the image that was built of it. Where a tracking server is named, the model in the image is
 * compared with the version's files.
 *
 * @throws EsteiraError INVALID_STATE where the image holds another model.
 */
export async function versionImage(
  uri: string,
  image: string | undefined,
  trust: ImageTrust,
  terminal: Terminal,
): Promise<{ readonly model: string; readonly image?: string }> {
  const parsed = parseModelUri(uri);
  if (parsed.kind !== "alias" && parsed.kind !== "version") {
    throw invalid(`'${uri}' is not what is run from an image: give models:/NAME/VERSION or models:/NAME@ALIAS.`);
  }
  if (image !== undefined) await refuseUnsigned(image, trust.signers, terminal);
  // Without a server nothing is known of the version but its name; and whoever compares nothing deploys while the server is away.
  if (parsed.kind === "version" && image !== undefined && (trust.isUnchecked || !terminal.env.MLFLOW_TRACKING_URI)) {
    if (trust.isUnchecked) terminal.note(unchecked(image, parsed));
    return { model: `models:/${parsed.name}/${parsed.version}`, image };
  }
  const client = trackingClient(terminal);
  const found =
    parsed.kind === "alias"
      ? await client.registeredModels.getByAlias(parsed.name, parsed.alias)
      : await client.modelVersions.get(parsed.name, parsed.version);
  const built = image ?? imageOf(found);
  if (built !== undefined && image === undefined) await refuseUnsigned(built, trust.signers, terminal);
  if (built !== undefined) await checkImage(client, found, built, trust, terminal);
  return { model: `models:/${found.name}/${found.version}`, ...(built === undefined ? {} : { image: built }) };
}

const unchecked = (image: string, { name, version }: { readonly name: string; readonly version: string }): string =>
  `The model in ${image} is not compared with version ${version} of ${name}.`;

async function refuseUnsigned(image: string, given: readonly string[], terminal: Terminal): Promise<void> {
  const required = requiredSigner(terminal.env);
  const signers = given.length > 0 || required === undefined ? given : [required];
  if (signers.length === 0) return;
  const { refuseUnsignedImage } = await import("./image/image-evidence.ts");
  const { registrySession } = await import("./image/image-places.ts");
  await refuseUnsignedImage(image, signers, registrySession(terminal));
}

async function checkImage(
  client: Client,
  { name, version }: ModelVersion,
  image: string,
  { isUnchecked }: ImageTrust,
  terminal: Terminal,
): Promise<void> {
  const what = `version ${version} of ${name}`;
  if (isUnchecked) return terminal.note(unchecked(image, { name, version }));
  const { modelDigest } = await import("@esteira/models/format/digest");
  const { refuseOtherModel } = await import("./image/image-evidence.ts");
  const { registrySession } = await import("./image/image-places.ts");
  const digest = (await modelDigest(await holdVersion(client, terminal.env, name, version))).replace(/^sha256:/, "");
  const access = { env: terminal.env, session: registrySession(terminal) };
  await refuseOtherModel(image, { what, digest }, access).catch((error: unknown) => {
    if (!(error instanceof EsteiraError) || error.code === "INVALID_STATE") throw error;
    throw new EsteiraError(
      error.code,
      `${error.message} So the model in it cannot be compared with ${what}; --unchecked-image deploys it all the same.`,
    );
  });
}
