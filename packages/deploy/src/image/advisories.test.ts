import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { matchAdvisories, readAdvisories } from "./advisories.ts";
import { compareVersions, type VersionOrder } from "./version-order.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-advisories-"));
});
afterAll(() => rm(folder, { recursive: true }));

const component = (purl: string, name: string, version: string) => ({
  ref: purl,
  type: "library",
  name,
  version,
  purl,
});
const COMPONENTS = [
  component("pkg:npm/%40scope/thing@1.4.2", "thing", "1.4.2"),
  component("pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64", "libc6", "2.36-9+deb12u10"),
  component("pkg:pypi/scikit-learn@1.5.0", "scikit-learn", "1.5.0"),
  component("pkg:generic/node@20.19.0", "node", "20.19.0"),
];

async function found(document: unknown) {
  const file = join(folder, "list.json");
  await writeFile(file, JSON.stringify(document));
  const { matches, unclear } = matchAdvisories(await readAdvisories(file), COMPONENTS);
  return { ids: matches.map(({ id }) => id), unclear };
}

const osv = (id: string, ecosystem: string, name: string, events: readonly object[], type = "ECOSYSTEM") => ({
  id,
  affected: [{ package: { ecosystem, name }, ranges: [{ type, events }] }],
});

test("records of OSV are matched by name and range, each kind of package in its own order of versions", async () => {
  const records = [
    osv("N-1", "npm", "@scope/thing", [{ introduced: "0" }, { fixed: "1.4.3" }], "SEMVER"),
    osv("N-2", "npm", "@scope/thing", [{ introduced: "0" }, { fixed: "1.4.2" }], "SEMVER"),
    osv("N-3", "npm", "thing", [{ introduced: "0" }], "SEMVER"),
    osv("N-4", "npm", "@scope/thing", [{ introduced: "1.0.0" }, { last_affected: "1.4.2" }], "SEMVER"),
    osv("N-5", "npm", "@scope/thing", [{ introduced: "0" }, { fixed: "1.1.0" }, { introduced: "1.4.0" }], "SEMVER"),
    osv("D-1", "Debian:12", "libc6", [{ introduced: "0" }, { fixed: "2.36-9+deb12u11" }]),
    osv("D-2", "Debian:12", "libc6", [{ introduced: "0" }, { fixed: "2.36-9+deb12u9" }]),
    osv("P-1", "PyPI", "Scikit_Learn", [{ introduced: "0" }, { fixed: "1.5.0.post1" }]),
    osv("P-2", "PyPI", "scikit-learn", [{ introduced: "0" }, { fixed: "1.5.0" }]),
    { ...osv("W-1", "npm", "@scope/thing", [{ introduced: "0" }]), withdrawn: "2026-01-01T00:00:00Z" },
    { id: "V-1", affected: [{ package: { ecosystem: "npm", name: "@scope/thing" }, versions: ["1.4.2"] }] },
    {
      id: "G-1",
      affected: [{ package: { ecosystem: "x", name: "node", purl: "pkg:generic/node" }, versions: ["20.19.0"] }],
    },
  ];
  expect(await found(records)).toEqual({ ids: ["N-1", "N-4", "N-5", "D-1", "P-1", "V-1", "G-1"], unclear: [] });
  expect((await found({ vulns: records.slice(0, 1) })).ids).toEqual(["N-1"]);
  expect((await found(records[0])).ids).toEqual(["N-1"]);
});

test("CycloneDX says which weaknesses do no harm, and a range that cannot be read is unclear", async () => {
  const vulnerability = (id: string, state: string | undefined, affects: readonly object[]) => ({
    ...{ id, affects },
    ...(state === undefined ? {} : { analysis: { state } }),
  });
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    components: [{ "bom-ref": "c", purl: "pkg:generic/node@20.19.0" }],
    vulnerabilities: [
      vulnerability("C-1", "exploitable", [{ ref: "c" }]),
      vulnerability("C-2", "not_affected", [{ ref: "c" }]),
      vulnerability("C-3", undefined, [{ ref: "pkg:npm/%40scope/thing@1.0.0" }]),
      vulnerability("C-4", undefined, [
        { ref: "pkg:npm/%40scope/thing", versions: [{ version: "1.4.2", status: "affected" }] },
      ]),
      vulnerability("C-5", undefined, [{ ref: "pkg:pypi/scikit-learn", versions: [{ range: "vers:pypi/<2.0.0" }] }]),
    ],
  };
  expect(await found(document)).toEqual({ ids: ["C-1", "C-4"], unclear: ["C-5 of scikit-learn 1.5.0"] });
});

test("a list that cannot be read is no list without weaknesses", async () => {
  await expect(readAdvisories(join(folder, "none.json"))).rejects.toThrow("cannot be read");
  for (const [text, sentence] of [
    ["{", "is no JSON"],
    ["{}", "lists no weaknesses"],
    ['{"bomFormat":"CycloneDX","components":[]}', "lists no weaknesses"],
  ] as const) {
    await writeFile(join(folder, "bad.json"), text);
    await expect(readAdvisories(join(folder, "bad.json"))).rejects.toThrow(sentence);
  }
});

test.each<[VersionOrder, readonly string[]]>([
  [
    "semver",
    ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0"],
  ],
  ["debian", ["1.0~rc1-1", "1.0-1", "1.0-1+b1", "1.0-2", "1.0a-1", "1.0+x-1", "1.2-1", "1.10-1", "1:0.1-1"]],
  ["pypi", ["1.0.dev1", "1.0a2", "1.0b1", "1.0rc1", "1.0", "1.0.post1", "1.0.1", "1.2", "1.10", "1!0.1"]],
])("versions of %s are in their order", (order, versions) => {
  versions.forEach((one, at) => {
    versions.forEach((other, place) => {
      expect(Math.sign(compareVersions(order, one, other)), `${one} ${other}`).toBe(Math.sign(at - place));
    });
  });
});
