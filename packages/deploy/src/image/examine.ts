/** What an image is, read from its bytes, for whoever judges whether it may run. */

import { createHash } from "node:crypto";
import { z } from "zod";
import type { ImagePlace } from "../registry/place.ts";
import { isWhiteout } from "./image-model.ts";
import { aboutImage, layerEntries, type ReadImage } from "./image-reader.ts";
import { PROVENANCE_TYPE } from "./provenance.ts";
import { SBOM_TYPE } from "./sbom.ts";
import { secretFile, secretsIn } from "./secrets.ts";

export interface ExaminedImage {
  readonly digest: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** As the config has it; "" is root. */
  readonly user: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Files that give who runs them the power of their owner, or a capability. */
  readonly raising: readonly string[];
  /** Where something looks like a secret: a variable, a label, a line of the history, a file. Never the secret. */
  readonly secrets: readonly string[];
  /** The bill of materials that is about it; undefined where there is none. */
  readonly bill?: ExaminedBill;
  /** What its provenance says; undefined where there is none. */
  readonly provenance?: {
    /** Whether it is about this very image. */
    readonly isOfImage: boolean;
    /** `sha256:…` of the model that it was made of. */
    readonly modelDigest?: string;
  };
}

export interface ExaminedBill {
  readonly components: readonly BillComponent[];
  /** Files that it lists with another content than they have, or that are not there. */
  readonly wrongFiles: readonly string[];
}

export interface BillComponent {
  readonly ref: string;
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  /** 64 hexadecimal digits. */
  readonly sha256?: string;
  /** Where it is in the image. */
  readonly path?: string;
}

interface ComponentWire {
  readonly type: string;
  readonly "bom-ref"?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly purl?: string | undefined;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[] | undefined;
  readonly properties?: readonly { readonly name: string; readonly value?: string | undefined }[] | undefined;
  readonly components?: readonly ComponentWire[] | undefined;
}
const componentWire: z.ZodType<ComponentWire> = z.object({
  type: z.string(),
  "bom-ref": z.string().optional(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
  properties: z.array(z.object({ name: z.string(), value: z.string().optional() })).optional(),
  get components() {
    return z.array(componentWire).optional();
  },
});
const billWire = z.object({
  bomFormat: z.literal("CycloneDX"),
  metadata: z.object({ component: z.object({ version: z.string().optional() }).optional() }).optional(),
  components: z.array(componentWire),
});

const statementWire = z.object({
  subject: z.array(z.object({ digest: z.record(z.string(), z.string()) })),
  predicate: z.object({
    buildDefinition: z.object({
      externalParameters: z.object({ model: z.object({ digest: z.string() }).optional() }).optional(),
    }),
  }),
});

/** Every layer is read once. @throws EsteiraError INVALID_STATE when a part of it is not what its digest says. */
export async function examineImage(place: ImagePlace, image: ReadImage): Promise<ExaminedImage> {
  const { digest } = image.descriptor;
  const bill = billWire.safeParse((await aboutImage(place, digest, SBOM_TYPE))[0]).data;
  const components = bill?.components.flatMap(flattened);
  const listed = new Map(
    (components ?? []).flatMap(({ path, sha256 }) =>
      path === undefined || sha256 === undefined ? [] : [[path.replace(/^\//, ""), sha256] as const],
    ),
  );
  const { raising, files, found } = await walk(place, image, new Set(listed.keys()));
  const [statement] = (await aboutImage(place, digest, PROVENANCE_TYPE)).flatMap((one) => {
    const { data } = statementWire.safeParse(one);
    return data === undefined ? [] : [data];
  });
  const modelDigest = statement?.predicate.buildDefinition.externalParameters?.model?.digest;
  return {
    ...{ digest, platform: image.platform, user: image.user, labels: image.labels },
    raising: [...raising].sort(),
    secrets: [...secretsIn(image), ...found].sort(),
    ...(components === undefined
      ? {}
      : {
          bill: {
            components,
            wrongFiles: [...listed].filter(([path, sha256]) => files.get(path) !== sha256).map(([path]) => `/${path}`),
          },
        }),
    ...(statement === undefined
      ? {}
      : {
          provenance: {
            isOfImage: statement.subject.some((one) => `sha256:${one.digest.sha256}` === digest),
            ...(modelDigest === undefined ? {} : { modelDigest }),
          },
        }),
  };
}

/** The files as they are when all layers lie upon each other. */
async function walk(place: ImagePlace, image: ReadImage, wanted: ReadonlySet<string>) {
  const raising = new Set<string>();
  const found = new Set<string>();
  const files = new Map<string, string>();
  const takeAway = (path: string): void => {
    for (const kept of [raising, found, files]) {
      for (const name of kept.keys()) if (name === path || name.startsWith(`${path}/`)) kept.delete(name);
    }
  };
  for (const layer of image.layers) {
    for await (const entry of layerEntries(place, layer)) {
      const { path, kind, mode } = entry;
      if (isWhiteout(path)) {
        const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
        const name = path.slice(path.lastIndexOf("/") + 5);
        if (name !== ".wh..opq") takeAway(folder === "" ? name : `${folder}/${name}`);
        continue;
      }
      if (kind !== "folder") takeAway(path);
      if (kind !== "file") continue;
      if ((mode & 0o6000) !== 0 || entry.hasCapability) raising.add(path);
      if (secretFile(path)) found.add(path);
      if (!wanted.has(path)) continue;
      const hash = createHash("sha256");
      for await (const piece of entry.content) hash.update(piece);
      files.set(path, hash.digest("hex"));
    }
  }
  return { raising: [...raising].map((path) => `/${path}`), found: [...found].map((path) => `/${path}`), files };
}

function flattened(component: ComponentWire): readonly BillComponent[] {
  const { type, name, version, purl, hashes, properties, components } = component;
  const sha256 = hashes?.find(({ alg }) => alg === "SHA-256")?.content;
  const own = component["bom-ref"] ?? purl ?? name;
  const path = properties?.find((property) => property.name === "path")?.value ?? (type === "file" ? name : undefined);
  return [
    {
      ...{ ref: own, type, name },
      ...(version === undefined ? {} : { version }),
      ...(purl === undefined ? {} : { purl }),
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(path === undefined ? {} : { path }),
    },
    ...(components ?? []).flatMap(flattened),
  ];
}
