import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { desiredStateJsonSchema } from "./desired-state.ts";
import { parseDesiredState } from "./parse-desired-state.ts";
import { type FoundModel, planModels } from "./plan.ts";
import { renderPlan } from "./render-plan.ts";

const [A, B] = ["a".repeat(64), "b".repeat(64)];
const FILE = `models:
  pix:
    aliases:
      champion: { digest: sha256:${A}, version: 2, target: live }
      challenger: { digest: ${B} }
      old: null
targets:
  live: { kind: local, port: 5080 }
`;
const pix: FoundModel = {
  aliases: { champion: "1", old: "1", beside: "3" },
  versions: [
    { version: "1", digest: B },
    { version: "2", digest: A },
    { version: "10", digest: B },
    { version: "3", digest: undefined },
  ],
  moved: { champion: "by ana (password) at 2026-01-01T00:00:00.000Z" },
  protectedAliases: ["champion"],
};
const found = new Map([["pix", pix]]);
const plain = (_: string, text: string) => text;

describe("models.yaml", () => {
  it("is read, and planned against what the registry has", () => {
    const plan = planModels(parseDesiredState(FILE), found);
    expect(plan).toEqual({
      changes: [
        {
          ...{ kind: "set", model: "pix", alias: "champion", from: "1", to: "2", digest: A },
          ...{ isProtected: true, moved: pix.moved.champion },
        },
        { kind: "set", model: "pix", alias: "challenger", to: "10", digest: B, isProtected: false },
        { kind: "remove", model: "pix", alias: "old", from: "1", isProtected: false },
      ],
      placements: [{ target: "live", model: "pix", alias: "champion", version: "2", digest: A, port: 5080 }],
      refusals: [],
    });
    const targets = [{ target: "live", changes: ["serve models:/pix/2 as live"] }];
    expect(renderPlan(plan, targets, plain).split("\n")).toEqual([
      "pix",
      "  ~ @champion: version 1 → version 2 (sha256:aaaaaaaaaaaa…)  (under a policy)",
      "      version 1 by ana (password) at 2026-01-01T00:00:00.000Z",
      "  + @challenger: version 10 (sha256:bbbbbbbbbbbb…)",
      "  - @old: version 1",
      "target live",
      "  ~ serve models:/pix/2 as live",
      "4 changes.",
    ]);
  });

  it("that is so already needs nothing", () => {
    const aliases = { champion: "2", challenger: "10" };
    const plan = planModels(parseDesiredState(FILE), new Map([["pix", { ...pix, aliases }]]));
    expect(plan).toMatchObject({ changes: [], refusals: [] });
    expect(renderPlan(plan, [{ target: "live", changes: [] }], plain)).toBe(
      "Nothing to do: everything is as the file says.",
    );
  });

  it.each([
    [`champion: { digest: ${B}, version: 2 }`, `Version 2 of pix has the digest sha256:${A}, and the file wants`],
    [`champion: { digest: ${A}, version: 3 }`, "Version 3 of pix says no digest"],
    [`champion: { digest: ${A}, version: 4 }`, "There is no version 4 of pix"],
    [`champion: { digest: ${"c".repeat(64)} }`, "No version of pix has the digest"],
  ])("that cannot be had is refused: %s", (alias, refusal) => {
    const plan = planModels(parseDesiredState(`models: { pix: { aliases: { ${alias} } } }`), found);
    expect(plan.refusals).toEqual([expect.stringContaining(refusal)]);
    expect(plan.changes).toEqual([]);
    const nowhere = planModels(parseDesiredState(`models: { no: { aliases: { ${alias} } } }`), found);
    expect(nowhere.refusals).toEqual(["There is no registered model no: register a version of it first."]);
  });

  it.each([
    ["models:\n  pix: {\n", "models.yaml:3:1: "],
    ["models: []\n", "models.yaml:1:9: models: Invalid input"],
    ["model: {}\n", "models.yaml:1:1: the file has no setting model"],
    [
      "models:\n  pix:\n    aliases:\n      champion:\n        digest: short\n",
      "models.yaml:5:17: models.pix.aliases.champion.digest: must be sha256: and 64 hexadecimal digits",
    ],
    [
      FILE.replace("version: 2", "version: two"),
      "models.yaml:4:109: models.pix.aliases.champion.version: Invalid input: expected number",
    ],
    [FILE.replace("old: null", "old: 7"), "models.yaml:6:12: models.pix.aliases.old: Invalid input"],
    [FILE.replace("old: null", "o@ld: null"), "models.yaml:6:7: models.pix.aliases.o@ld: must be a name of letters"],
    [FILE.replace("target: live", "target: moon"), "there is no target moon; targets has live"],
    [
      FILE.replace(`{ digest: ${B} }`, `{ digest: ${B}, target: live }`),
      "models.yaml:5:103: live serves pix@champion already",
    ],
    [
      FILE.replace("kind: local", "kind: cloud"),
      'models.yaml:8:17: targets.live.kind: Invalid input: expected "local"',
    ],
    [`a: &a [${"x,".repeat(9)}]\nmodels: { pix: { aliases: { c: *a } } }\n`, "models.yaml:"],
    ["[".repeat(5000), "nests too deep"],
  ])("that is wrong is refused where it is, %#", (text, message) => {
    expect(() => parseDesiredState(text)).toThrow(message);
  });

  it("has a published schema, which is the file's own definition", () => {
    const published = readFileSync(new URL("../../schema/models.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(published)).toEqual(desiredStateJsonSchema());
  });
});
