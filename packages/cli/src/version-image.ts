import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { invalid } from "@esteira/core/errors";
import { parseModelUri } from "@esteira/sdk/node/model-uri";
import type { Terminal } from "./command.ts";
import { trackingClient } from "./tracking.ts";

/** What `esteira build` has made of a version, by its digest. */
export const imageOf = ({ tags }: Pick<ModelVersion, "tags">): string | undefined =>
  tags.find(({ key }) => key === "esteira.image")?.value;

/** The version that a URI leads to now, and the image that was built of it. */
export async function versionImage(
  uri: string,
  image: string | undefined,
  terminal: Terminal,
): Promise<{ readonly model: string; readonly image?: string }> {
  const parsed = parseModelUri(uri);
  if (parsed.kind !== "alias" && parsed.kind !== "version") {
    throw invalid(`'${uri}' is not what is run from an image: give models:/NAME/VERSION or models:/NAME@ALIAS.`);
  }
  if (parsed.kind === "version" && image !== undefined)
    return { model: `models:/${parsed.name}/${parsed.version}`, image };
  const client = trackingClient(terminal);
  const found =
    parsed.kind === "alias"
      ? await client.registeredModels.getByAlias(parsed.name, parsed.alias)
      : await client.modelVersions.get(parsed.name, parsed.version);
  const built = image ?? imageOf(found);
  return { model: `models:/${found.name}/${found.version}`, ...(built === undefined ? {} : { image: built }) };
}
