/** Of what an image was made and by whom, as SLSA's provenance in an in-toto statement. */

import type { AboutImage } from "./referrer.ts";
import type { ModelFacts, ScorerImage, ScorerImageOptions } from "./scorer-image.ts";

export interface ProvenanceOptions {
  readonly image: ScorerImage;
  readonly model: ModelFacts;
  readonly variant: ScorerImageOptions["variant"];
  /** Of Esteira. */
  readonly version: string;
  /** `HOST/REPOSITORY`. */
  readonly repository: string;
  /** The registered version, `models:/NAME/VERSION`, where it is one. */
  readonly modelUri: string | undefined;
}

export const PROVENANCE_TYPE = "application/vnd.in-toto+json";
export const PREDICATE = "https://slsa.dev/provenance/v1";

interface Material {
  readonly name: string;
  readonly uri?: string;
  readonly digest: Readonly<Record<string, string>>;
}

const hex = (digest: string): string => digest.replace(/^sha256:/, "");

/** The same for the same image: when it was built, and on which machine, is not what makes it. */
export function provenance(options: ProvenanceOptions): AboutImage {
  const { image, model, variant, version, repository, modelUri } = options;
  const node = image.machineFiles.find(({ path }) => path === "usr/bin/node");
  const [modelLayer, scorerLayer] = [...image.layers].reverse();
  const materials: readonly Material[] = [
    ...(node === undefined
      ? []
      : [
          {
            name: "node",
            uri: `pkg:generic/node@${image.nodeVersion?.replace(/^v/, "")}`,
            digest: { sha256: node.sha256 },
          },
        ]),
    ...(image.baseDigest === undefined ? [] : [{ name: "base", digest: { sha256: hex(image.baseDigest) } }]),
    ...(image.python?.distributions ?? []).flatMap(({ name, version: own, sha256 }) =>
      sha256 === undefined
        ? []
        : [{ name, uri: `pkg:pypi/${name.toLowerCase().replace(/[-_.]+/g, "-")}@${own}`, digest: { sha256 } }],
    ),
    ...(scorerLayer === undefined
      ? []
      : [{ name: "scorer layer", uri: `pkg:npm/esteira@${version}`, digest: { sha256: hex(scorerLayer.diffId) } }]),
    ...(modelLayer === undefined ? [] : [{ name: "model layer", digest: { sha256: hex(modelLayer.diffId) } }]),
  ];
  return {
    type: PROVENANCE_TYPE,
    annotations: { "in-toto.io/predicate-type": PREDICATE },
    document: {
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: repository, digest: { sha256: hex(image.descriptor.digest) } }],
      predicateType: PREDICATE,
      predicate: {
        buildDefinition: {
          buildType: `pkg:npm/esteira@${version}#build`,
          externalParameters: {
            model: {
              name: model.name,
              version: model.version,
              digest: `sha256:${model.digest}`,
              ...(modelUri === undefined ? {} : { uri: modelUri }),
              ...(model.runId === undefined ? {} : { run: model.runId }),
              ...(model.commit === undefined ? {} : { commit: model.commit }),
            },
            platform: image.descriptor.platform,
            variant,
          },
          resolvedDependencies: materials,
        },
        runDetails: { builder: { id: `pkg:npm/esteira@${version}` } },
      },
    },
  };
}
