import { z } from "zod";
import { common, defineCheck, lacking } from "./check.ts";

/** What was read of the image that a version runs from, layer by layer. */
export interface ImageEvidence {
  /** As it was named: `HOST/REPOSITORY@sha256:…`. */
  readonly reference: string;
  /** Whether that names it by its digest. */
  readonly isPinned: boolean;
  /** One for each platform. */
  readonly images: readonly PlatformImage[];
  /** Known weaknesses of what is in it, from a list that was given; absent where none was. */
  readonly advisories?: {
    readonly matches: readonly { readonly id: string; readonly component: string }[];
    /** Listed for something that is in the image, in words that cannot be judged here. */
    readonly unclear: readonly string[];
    /** In the list. */
    readonly listed: number;
  };
}

export interface PlatformImage {
  /** `linux/amd64` */
  readonly platform: string;
  readonly digest: string;
  /** Of its config: `65532:65532`; "" is root. */
  readonly user: string;
  /** What is wrong with the model in its highest layer, or `sha256:…` of it (`modelDigest`), by its bytes. */
  readonly model: { readonly digest: string } | { readonly fault: string };
  /** What its label, its bill and its provenance say that the model is; undefined for what says nothing. */
  readonly said: Readonly<Record<"label" | "bill" | "provenance", string | undefined>>;
  /** Files that give who runs them more power than the user has. */
  readonly raising: readonly string[];
  /** Where something looks like a secret. */
  readonly secrets: readonly string[];
  readonly bill:
    | { readonly components: readonly { readonly name: string }[]; readonly wrongFiles: readonly string[] }
    | undefined;
  /** Whether there is one, about this very image. */
  readonly hasProvenance: boolean;
}

const SHOWN = 5;
const some = (all: readonly string[]): string =>
  all.length <= SHOWN ? all.join(", ") : `${all.slice(0, SHOWN).join(", ")} and ${all.length - SHOWN} more`;

/** Root by number or name, whatever the group. */
const isRoot = (user: string): boolean => /^(|0+|root)$/.test(user.split(":")[0] ?? "");

/** The image that the version is run from holds this model, says what is in it, and can do little. */
export const imageCheck = defineCheck({
  proves:
    "The version's image is pinned, holds this very model, lists what is in it, and gives nobody power or secrets.",
  inputs: ["image", "digests"],
  settings: z.strictObject({
    check: z.literal("image"),
    components: z
      .array(z.string().min(1))
      .default([])
      .describe("Names that the bill of materials must list, besides Esteira, the model, and Node or a base."),
    root: z
      .boolean()
      .default(false)
      .describe("Whether it may run as root: SageMaker starts containers so. All else is asked for all the same."),
    advisories: z
      .boolean()
      .default(false)
      .describe("Whether nothing in it may have a known weakness; the list is given to the gate as a file."),
    accepted: z.array(z.string().min(1)).default([]).describe("Ids of weaknesses that are known and lived with."),
    ...common,
  }),
  title: ({ advisories }) =>
    `its image is pinned, of this model, billed and without power${advisories ? ", with no known weakness" : ""}`,
  judge({ components, root, advisories, accepted }, { image, digests }) {
    if (image === undefined) return lacking("The image");
    if (image === null) {
      return {
        status: "refused",
        found: "no image",
        reason: "The version names no image that can be pulled: build one and push it (esteira build -m … -t …).",
        evidence: {},
      };
    }
    const faults: string[] = [];
    if (!image.isPinned) faults.push(`${image.reference} names no digest: what it leads to may be moved`);
    for (const one of image.images) {
      const of = image.images.length > 1 ? `${one.platform}: ` : "";
      for (const fault of faultsOf(one, digests.model, components, root)) faults.push(`${of}${fault}`);
    }
    const open = (image.advisories?.matches ?? []).filter(({ id }) => !accepted.includes(id));
    if (advisories && open.length > 0)
      faults.push(`known weaknesses: ${some(open.map(({ id, component }) => `${id} of ${component}`))}`);
    const evidence = {
      image: image.reference,
      platforms: image.images.map(({ platform }) => platform).join(" "),
      digests: image.images.map(({ digest }) => digest).join(" "),
      components: Math.min(...image.images.map(({ bill }) => bill?.components.length ?? 0)),
      ...(image.advisories === undefined
        ? {}
        : {
            advisories: image.advisories.listed,
            weaknesses: open.length,
            unclear: image.advisories.unclear.length,
          }),
    };
    if (faults.length > 0) {
      return {
        status: "refused",
        found: faults.length === 1 ? "1 fault" : `${faults.length} faults`,
        reason: `The image does not hold: ${faults.join("; ")}.`,
        evidence,
      };
    }
    if (advisories && image.advisories === undefined)
      return { ...lacking("A list of known weaknesses (--advisories)"), evidence };
    if (advisories && (image.advisories?.unclear.length ?? 0) > 0) {
      return {
        status: "not_enough_evidence",
        found: `${image.advisories?.unclear.length} unclear`,
        reason: `It cannot be said whether these are in the image: ${some(image.advisories?.unclear ?? [])}.`,
        evidence,
      };
    }
    return {
      status: "passed",
      found: `${evidence.components} components`,
      reason: `${image.reference} holds this model for ${evidence.platforms.replaceAll(" ", " and ")}, lists ${evidence.components} components, and runs as ${image.images[0]?.user || "root"}.`,
      evidence,
    };
  },
});

function faultsOf(
  { user, model, said, raising, secrets, bill, hasProvenance }: PlatformImage,
  wanted: string,
  components: readonly string[],
  mayBeRoot: boolean,
): readonly string[] {
  const faults: string[] = [];
  if ("fault" in model) faults.push(model.fault);
  else if (model.digest !== wanted)
    faults.push(`it holds the model ${model.digest.slice(7, 19)}…, and this one is ${wanted.slice(7, 19)}…`);
  if (isRoot(user) && !mayBeRoot) faults.push("it runs as root");
  if (raising.length > 0) faults.push(`files raise who runs them: ${some(raising)}`);
  if (secrets.length > 0) faults.push(`something looks like a secret: ${some(secrets)}`);
  if (bill === undefined) faults.push("no bill of materials (CycloneDX) is about it");
  else {
    const names = new Set(bill.components.map(({ name }) => name));
    const base = names.has("node") || names.has("base") ? [] : ["node or its base"];
    const missing = [...["esteira", ...components].filter((name) => !names.has(name)), ...base];
    if (missing.length > 0) faults.push(`its bill does not list ${some(missing)}`);
    if (bill.wrongFiles.length > 0) faults.push(`its bill has other contents of ${some(bill.wrongFiles)}`);
  }
  if (!hasProvenance) faults.push("no provenance is about it");
  for (const [where, digest] of Object.entries(said)) {
    if (where === "bill" && bill === undefined) continue;
    if (where === "provenance" && !hasProvenance) continue;
    if (digest === undefined) faults.push(`its ${where} does not say which model it holds`);
    else if (digest !== wanted) faults.push(`its ${where} says the model ${digest.slice(7, 19)}…`);
  }
  return faults;
}
