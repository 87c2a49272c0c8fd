/** What an image is made of, as a bill of materials of CycloneDX 1.6, for those who look for what has a known weakness. */

import { type DebianPackage, debianOwners } from "./debian-owners.ts";
import { NODE_PATH } from "./machine-base.ts";
import type { PythonEnvironment } from "./python-environment.ts";
import type { AboutImage } from "./referrer.ts";
import type { ModelFacts, ScorerImage } from "./scorer-image.ts";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as its author wrote it. */
  readonly license?: string | undefined;
}

export interface SbomOptions {
  readonly image: ScorerImage;
  readonly model: ModelFacts;
  /** Whose code what scores holds. */
  readonly packages: readonly BundledPackage[];
  /** Of Esteira. */
  readonly version: string;
  /** `HOST/REPOSITORY`. */
  readonly repository: string;
  /** A folder for what is found again otherwise. */
  readonly cache: string;
}

export const SBOM_TYPE = "application/vnd.cyclonedx+json";

type Component = Readonly<Record<string, unknown>> & { readonly "bom-ref": string };

/** The same for the same image: it says no time, and has no number of its own. */
export async function sbom({ image, model, packages, version, repository, cache }: SbomOptions): Promise<AboutImage> {
  const { digest } = image.descriptor;
  const components: readonly Component[] = [
    ...(await machineComponents(image, cache)),
    ...(image.baseDigest === undefined ? [] : [baseComponent(image.baseDigest)]),
    { type: "application", "bom-ref": "scorer", name: "esteira", version, licenses: [{ expression: "Apache-2.0" }] },
    ...packages.map(packageComponent),
    ...(image.python === undefined ? [] : pythonComponents(image.python)),
    {
      type: "machine-learning-model",
      "bom-ref": "model",
      name: model.name,
      version: model.version,
      hashes: [{ alg: "SHA-256", content: model.digest }],
      properties: [{ name: "dev.esteira.model.hash", value: "SHA-256 over names and contents of the model's files" }],
    },
  ];
  const name = repository.split("/").at(-1) ?? repository;
  return {
    type: SBOM_TYPE,
    document: {
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      version: 1,
      metadata: {
        tools: { components: [{ type: "application", name: "esteira", version }] },
        component: {
          type: "container",
          "bom-ref": "image",
          name: repository,
          version: digest,
          purl: `pkg:oci/${name}@${encodeURIComponent(digest)}?repository_url=${encodeURIComponent(repository)}`,
        },
      },
      components,
      dependencies: [{ ref: "image", dependsOn: components.map((component) => component["bom-ref"]) }],
    },
  };
}

const baseComponent = (digest: string): Component => ({
  type: "container",
  "bom-ref": "base",
  name: "base",
  version: digest,
  description: "The image that this one is built upon; what is in it, its own bill of materials says.",
});

function packageComponent({ name, version, license }: BundledPackage): Component {
  const [, group, own = name] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    type: "library",
    "bom-ref": purl,
    ...(group === undefined ? {} : { group }),
    name: own,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
  };
}

/** The interpreter, and what pip has installed: each with the hash of the wheel that it came in. */
const pythonComponents = ({ facts, distributions }: PythonEnvironment): readonly Component[] => [
  {
    ...{ type: "application", "bom-ref": "python", name: "python", version: facts.version },
    purl: `pkg:generic/python@${facts.version}`,
  },
  ...distributions.map(({ name, version, sha256 }): Component => {
    const purl = `pkg:pypi/${name.toLowerCase().replace(/[-_.]+/g, "-")}@${encodeURIComponent(version)}`;
    const hashes = sha256 === undefined ? {} : { hashes: [{ alg: "SHA-256", content: sha256 }] };
    return { type: "library", "bom-ref": purl, name, version, purl, ...hashes };
  }),
];

/** What Node holds of others, as it says itself; numbers that are no program's are left out. */
const NO_PROGRAMS = new Set(["node", "modules", "napi", "unicode", "cldr", "tz"]);

/** Node and the libraries; the files that we wrote are none. */
async function machineComponents(
  { machineFiles, nodeVersion, isOfThisMachine }: ScorerImage,
  cache: string,
): Promise<readonly Component[]> {
  const copied = machineFiles.filter(({ content }) => typeof content === "string");
  // Of which packages another machine's files are, this one does not know.
  const paths = isOfThisMachine ? copied.map(({ path }) => `/${path}`) : [];
  const owners = paths.length === 0 ? new Map<string, DebianPackage>() : await debianOwners(paths, cache);
  return copied.map(({ path, sha256 }) => {
    const hashes = [{ alg: "SHA-256", content: sha256 }];
    if (path === NODE_PATH.slice(1))
      return nodeComponent(hashes, nodeVersion?.replace(/^v/, "") ?? process.versions.node);
    const place = `/${path}`;
    const owner = owners.get(place);
    if (owner === undefined) return { type: "file", "bom-ref": place, name: place, hashes };
    const { name, version, architecture, distribution } = owner;
    const purl = `pkg:deb/${distribution}/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
    const properties = [{ name: "path", value: place }];
    return { type: "library", "bom-ref": place, name, version, purl, hashes, properties };
  });
}

function nodeComponent(hashes: readonly object[], version: string): Component {
  const purl = `pkg:generic/node@${version}`;
  // The same version holds the same, whatever the processor; of another version nothing is known here.
  const held = version === process.versions.node ? Object.entries(process.versions) : [];
  const components = held.flatMap(([name, of]) =>
    NO_PROGRAMS.has(name) || of === undefined
      ? []
      : [{ type: "library", "bom-ref": `node/${name}`, name, version: of, purl: `pkg:generic/${name}@${of}` }],
  );
  const properties = [{ name: "path", value: NODE_PATH }];
  return { type: "application", "bom-ref": purl, name: "node", version, purl, hashes, properties, components };
}
