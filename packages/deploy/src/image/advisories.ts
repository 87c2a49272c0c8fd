/**
 * Known weaknesses of programs, from a file: OSV's records (one, a list, or a scanner's `{"vulns": […]}`), or a CycloneDX document with
 * `vulnerabilities`, whose analysis says of some that they do no harm here (VEX). What is in an image is found by its package URL.
 */

import { readFile } from "node:fs/promises";
import { invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import type { BillComponent } from "./examine.ts";
import { compareVersions, type VersionOrder } from "./version-order.ts";

export interface Advisory {
  readonly id: string;
  readonly affects: readonly AffectedPackage[];
}

interface AffectedPackage {
  /** A package URL without version and qualifiers. */
  readonly purl: string;
  readonly versions: readonly string[];
  readonly ranges: readonly { readonly order: VersionOrder | undefined; readonly events: readonly RangeEvent[] }[];
}

type RangeEvent = Readonly<Partial<Record<"introduced" | "fixed" | "last_affected", string | undefined>>>;

const osvWire = z.object({
  id: z.string().min(1),
  withdrawn: z.string().optional(),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string(), purl: z.string().optional() }).optional(),
        versions: z.array(z.string()).optional(),
        ranges: z
          .array(
            z.object({
              type: z.string(),
              events: z.array(
                z.object({
                  introduced: z.string().optional(),
                  fixed: z.string().optional(),
                  last_affected: z.string().optional(),
                }),
              ),
            }),
          )
          .optional(),
      }),
    )
    .default([]),
});

const vexWire = z.object({
  bomFormat: z.literal("CycloneDX"),
  components: z.array(z.object({ "bom-ref": z.string().optional(), purl: z.string().optional() })).default([]),
  vulnerabilities: z.array(
    z.object({
      id: z.string().min(1),
      analysis: z.object({ state: z.string().optional() }).optional(),
      affects: z
        .array(
          z.object({
            ref: z.string(),
            versions: z
              .array(
                z.object({
                  version: z.string().optional(),
                  range: z.string().optional(),
                  status: z.string().optional(),
                }),
              )
              .optional(),
          }),
        )
        .default([]),
    }),
  ),
});

/** What CycloneDX calls a weakness that does no harm. */
const HARMLESS = new Set(["not_affected", "false_positive", "resolved", "resolved_with_pedigree"]);

/** @throws EsteiraError INVALID_PARAMETER_VALUE for a file that lists no weaknesses as one of the two formats does. */
export async function readAdvisories(file: string): Promise<readonly Advisory[]> {
  const text = await readFile(file, "utf8").catch(() => {
    throw notFound(`The list of known weaknesses '${file}' cannot be read.`);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(`${file} is no JSON: expected OSV's records, or a CycloneDX document with vulnerabilities.`);
  }
  const vex = vexWire.safeParse(json).data;
  if (vex !== undefined) return ofVex(vex);
  const records = z
    .union([
      z.array(osvWire),
      z.object({ vulns: z.array(osvWire) }).transform(({ vulns }) => vulns),
      osvWire.transform((one) => [one]),
    ])
    .safeParse(json).data;
  if (records === undefined)
    throw invalid(
      `${file} lists no weaknesses that Esteira reads: expected OSV's records, or CycloneDX with vulnerabilities.`,
    );
  return records.flatMap(({ id, withdrawn, affected }) =>
    withdrawn === undefined ? [{ id, affects: affected.flatMap(ofOsv) }] : [],
  );
}

const ECOSYSTEMS: Readonly<Record<string, { readonly purl: (name: string) => string; readonly order: VersionOrder }>> =
  {
    npm: { purl: (name) => `pkg:npm/${name.replace("@", "%40")}`, order: "semver" },
    PyPI: { purl: (name) => `pkg:pypi/${name.toLowerCase().replace(/[-_.]+/g, "-")}`, order: "pypi" },
    Debian: { purl: (name) => `pkg:deb/debian/${name}`, order: "debian" },
    Ubuntu: { purl: (name) => `pkg:deb/ubuntu/${name}`, order: "debian" },
  };

function ofOsv({ package: named, versions = [], ranges = [] }: z.output<typeof osvWire>["affected"][number]) {
  if (named === undefined) return [];
  const known = ECOSYSTEMS[named.ecosystem.split(":")[0] ?? ""];
  const purl = named.purl === undefined ? known?.purl(named.name) : nameOf(named.purl);
  if (purl === undefined) return [];
  return [
    {
      ...{ purl, versions },
      // Commits of a repository (GIT) say nothing of a version.
      ranges: ranges
        .filter(({ type }) => type !== "GIT")
        .map(({ type, events }) => ({ order: type === "SEMVER" ? ("semver" as const) : known?.order, events })),
    },
  ];
}

function ofVex({ components, vulnerabilities }: z.output<typeof vexWire>): readonly Advisory[] {
  const purls = new Map(components.map((one) => [one["bom-ref"] ?? "", one.purl]));
  return vulnerabilities.flatMap(({ id, analysis, affects }) =>
    HARMLESS.has(analysis?.state ?? "")
      ? []
      : [
          {
            id,
            affects: affects.flatMap(({ ref, versions }) => {
              const full = purls.get(ref) ?? (ref.startsWith("pkg:") ? ref : ref.slice(ref.indexOf("#pkg:") + 1));
              if (!full.startsWith("pkg:")) return [];
              const affected = (versions ?? []).filter(({ status }) => status === undefined || status === "affected");
              const own = versionOf(full);
              return [
                {
                  purl: nameOf(full),
                  versions: [
                    ...affected.flatMap(({ version }) => (version === undefined ? [] : [version])),
                    ...(versions === undefined && own !== undefined ? [own] : []),
                  ],
                  // Ranges of the "vers" notation are not read: what they are about is said to be unclear.
                  ranges: affected.some(({ range }) => range !== undefined) ? [{ order: undefined, events: [] }] : [],
                },
              ];
            }),
          },
        ],
  );
}

const nameOf = (purl: string): string => purl.replace(/[?#].*$/, "").replace(/(?<!\/)@[^@/]*$/, "");

const versionOf = (purl: string): string | undefined => {
  const plain = purl.replace(/[?#].*$/, "");
  const at = plain.lastIndexOf("@");
  return at > plain.lastIndexOf("/") ? decodeURIComponent(plain.slice(at + 1)) : undefined;
};

/** Pure: what of the list is in an image, by name and version. */
export function matchAdvisories(advisories: readonly Advisory[], components: readonly BillComponent[]) {
  const byName = new Map<string, BillComponent[]>();
  for (const component of components) {
    if (component.purl === undefined) continue;
    const name = nameOf(component.purl);
    byName.set(name, [...(byName.get(name) ?? []), component]);
  }
  const matches = new Map<string, { readonly id: string; readonly component: string }>();
  const unclear = new Set<string>();
  for (const { id, affects } of advisories) {
    for (const affected of affects) {
      for (const { name, version } of byName.get(affected.purl) ?? []) {
        const shown = `${name}${version === undefined ? "" : ` ${version}`}`;
        const is = version === undefined ? undefined : isAffected(affected, version);
        if (is === true) matches.set(`${id} ${shown}`, { id, component: shown });
        else if (is === undefined) unclear.add(`${id} of ${shown}`);
      }
    }
  }
  return { matches: [...matches.values()], unclear: [...unclear], listed: advisories.length };
}

/** Undefined where a range is written in an order that is not known here. */
function isAffected({ versions, ranges }: AffectedPackage, version: string): boolean | undefined {
  if (versions.includes(version)) return true;
  let isUnclear = false;
  for (const { order, events } of ranges) {
    if (order === undefined) {
      isUnclear = true;
      continue;
    }
    const reached = (limit: string | undefined): boolean =>
      limit !== undefined && (limit === "0" || compareVersions(order, version, limit) >= 0);
    // The last event that the version has reached says how it is.
    const at = events
      .flatMap((event) => [
        ...(reached(event.introduced) ? [{ at: event.introduced ?? "0", is: true }] : []),
        ...(reached(event.fixed) ? [{ at: event.fixed ?? "0", is: false }] : []),
        ...(event.last_affected !== undefined && compareVersions(order, version, event.last_affected) > 0
          ? [{ at: event.last_affected, is: false }]
          : []),
      ])
      .sort((one, other) => (one.at === "0" ? -1 : other.at === "0" ? 1 : compareVersions(order, one.at, other.at)))
      .at(-1);
    if (at?.is === true) return true;
  }
  // A package that is named without any version is all of it.
  if (versions.length === 0 && ranges.length === 0) return true;
  return isUnclear ? undefined : false;
}
