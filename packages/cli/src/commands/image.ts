import { invalid } from "@esteira/core/errors";
import { type Command, type Terminal, text, type Values } from "../command.ts";

const PLATFORM = { flags: "--platform <platform>", summary: "this one of an image for several, such as linux/arm64" };
const REFERRERS = { flags: "--referrers", summary: "take along what is about it: SBOM, provenance, signatures" };
const PLACE = "an image's name (ghcr.io/me/pix:3), or oci:FOLDER[:NAME]";

/** Images in registries and folders. */
export const image: readonly Command[] = [
  {
    name: "image push",
    summary: "Send an image from a layout folder to a registry",
    arguments: [
      { name: "folder", summary: "oci:FOLDER[:NAME], or the folder alone" },
      { name: "image", summary: "its name there, such as ghcr.io/me/pix:3" },
    ],
    options: [PLATFORM, REFERRERS],
    run: (values, terminal) => {
      const folder = text(values, "folder") ?? "";
      return copy(folder.startsWith("oci:") ? folder : `oci:${folder}`, text(values, "image") ?? "", values, terminal);
    },
  },
  {
    name: "image pull",
    summary: "Get an image from a registry, into a layout folder or a file for `docker load`",
    arguments: [
      { name: "image", summary: "its name, such as ghcr.io/me/pix:3" },
      { name: "output", summary: "a folder, oci:FOLDER:NAME, or a file that ends in .tar" },
    ],
    options: [PLATFORM, REFERRERS],
    run: async (values, terminal) => {
      const [name, output] = [text(values, "image") ?? "", text(values, "output") ?? ""];
      if (output.endsWith(".tar")) return pullArchive(name, output, values, terminal);
      const { parseReference, versionOf } = await import("@esteira/deploy/registry/reference");
      const to = output.startsWith("oci:") ? output : `oci:${output}:${versionOf(parseReference(name))}`;
      return copy(name, to, values, terminal);
    },
  },
  {
    name: "image copy",
    summary: "Copy an image between registries and folders; its digest stays",
    arguments: [
      { name: "from", summary: PLACE },
      { name: "to", summary: PLACE },
    ],
    options: [PLATFORM, REFERRERS],
    run: (values, terminal) => copy(text(values, "from") ?? "", text(values, "to") ?? "", values, terminal),
  },
  {
    name: "image inspect",
    summary: "Say what an image is: digest, platforms, layers, labels, and what is about it",
    arguments: [{ name: "image", summary: PLACE }],
    options: [PLATFORM, { flags: "--json", summary: "as JSON, for programs" }],
    async run(values, terminal) {
      const { inspectImage, inspectionText } = await import("../image/inspect-image.ts");
      const { imagePlace, registrySession } = await import("../image/image-places.ts");
      const place = await imagePlace(text(values, "image") ?? "", registrySession(terminal), true);
      const seen = await inspectImage(place, text(values, "platform"));
      terminal.out(values.json === true ? JSON.stringify(seen, undefined, 2) : inspectionText(seen));
      return 0;
    },
  },
  {
    name: "image tags",
    summary: "List the tags of a repository",
    arguments: [{ name: "repository", summary: "such as ghcr.io/me/pix" }],
    options: [],
    async run(values, terminal) {
      const { parseReference } = await import("@esteira/deploy/registry/reference");
      const { openRepository } = await import("@esteira/deploy/registry/client");
      const { registrySession } = await import("../image/image-places.ts");
      const { registry, repository, tag, digest } = parseReference(text(values, "repository") ?? "");
      if ((tag ?? digest) !== undefined) throw invalid("'image tags' wants a repository, without a tag or digest.");
      const remote = openRepository({ registry, repository }, registrySession(terminal));
      for await (const name of remote.tags()) terminal.out(name);
      return 0;
    },
  },
];

/** Prints the name with its digest, by which the copy is found for good. */
async function copy(from: string, to: string, values: Values, terminal: Terminal): Promise<number> {
  const { imagePlace, registrySession } = await import("../image/image-places.ts");
  const session = registrySession(terminal);
  const source = await imagePlace(from, session, true);
  const { descriptor, target } = await copied(source, await imagePlace(to, session, false), values, terminal);
  const { printReference } = await import("@esteira/deploy/registry/reference");
  const { repository } = target;
  terminal.out(
    repository === undefined ? descriptor.digest : printReference({ ...repository, digest: descriptor.digest }),
  );
  return 0;
}

async function pullArchive(name: string, file: string, values: Values, terminal: Terminal): Promise<number> {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const { imagePlace, registrySession } = await import("../image/image-places.ts");
  const { layoutPlace } = await import("@esteira/deploy/registry/place");
  const { writeArchive } = await import("@esteira/deploy/image/archive");
  const { openLayout } = await import("@esteira/deploy/oci/layout");
  const { parseReference, printReference } = await import("@esteira/deploy/registry/reference");
  const { tag = "latest", ...reference } = parseReference(name);
  const folder = await mkdtemp(join(tmpdir(), "esteira-pull-"));
  try {
    const source = await imagePlace(name, registrySession(terminal), true);
    const { descriptor } = await copied(source, await layoutPlace(folder, tag, false), values, terminal);
    const { isIndexType } = await import("@esteira/deploy/oci/descriptor");
    if (isIndexType(descriptor.mediaType)) {
      throw invalid(`${name} is for several platforms, and a file for 'docker load' holds one: add --platform.`);
    }
    const full = printReference({ registry: reference.registry, repository: reference.repository, tag });
    await writeArchive(file, await openLayout(folder), descriptor, { full, tag });
    terminal.out(descriptor.digest);
    return 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Place = import("@esteira/deploy/registry/place").ImagePlace;

async function copied(source: Place, target: Place, values: Values, terminal: Terminal) {
  const { copyImage } = await import("@esteira/deploy/registry/copy");
  const { copyProgress } = await import("../image/copy-progress.ts");
  const watch = copyProgress(process.stderr);
  const options = { platform: text(values, "platform"), isWithReferrers: values.referrers === true, watch };
  const { descriptor, blobs, bytes, referrers, movedTo } = await copyImage(source, target, options).finally(watch.end);
  const parts = [
    `${blobs.uploaded} blobs sent (${(bytes / 1e6).toFixed(1)} MB)`,
    ...(blobs.mounted === 0 ? [] : [`${blobs.mounted} mounted`]),
    `${blobs.present} there already`,
    ...(referrers === 0 ? [] : [`with ${referrers} manifests about it`]),
  ];
  terminal.note(`${source.shown} -> ${target.shown}: ${parts.join(", ")}.`);
  if (movedTo !== undefined) {
    terminal.note(`While it was copied, ${source.shown} was moved to ${movedTo}. The copy is ${descriptor.digest}.`);
  }
  return { descriptor, target };
}
