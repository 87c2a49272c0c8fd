import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseYaml } from "./yaml.ts";

/** Each level names the one before it ten times: ten to the tenth values. */
const BOMB = Array.from({ length: 10 }, (_, level) =>
  level === 0
    ? "l0: &l0 [x, x]"
    : `l${level}: &l${level} [${Array(10)
        .fill(`*l${level - 1}`)
        .join(", ")}]`,
).join("\n");

describe("a YAML file of somebody else's", () => {
  it.each([
    ["aliases of aliases", BOMB, "Excessive alias count"],
    ["one key twice", "flavors: {}\nflavors: {}\n", "Map keys must be unique"],
    ["17 MB", `x: ${"y".repeat(17 * 1024 * 1024)}`, "too many"],
    ["lists in lists in lists", "x: ".concat("[".repeat(5000)), "is not valid YAML"],
    ["an alias of nothing", "x: *nobody", "is not valid YAML"],
    ["brackets that do not close", "{a: [1", "is not valid YAML"],
  ])("is refused in a sentence: %s", (_, text, why) => {
    expect(() => parseYaml(text, "MLmodel")).toThrow(expect.objectContaining({ code: "INVALID_PARAMETER_VALUE" }));
    expect(() => parseYaml(text, "MLmodel")).toThrow(why);
  });

  it("makes nothing but data of tags that ask for more", () => {
    const file = join(tmpdir(), `esteira-yaml-${process.pid}`);
    const text = `f: !!js/function 'function () { return 1 }'\no: !!python/object/apply:os.system ["touch ${file}"]\n`;
    expect(parseYaml(text, "MLmodel")).toEqual({ f: "function () { return 1 }", o: [`touch ${file}`] });
    expect(existsSync(file)).toBe(false);
  });

  it("keeps names of the prototype as keys, and leaves the prototype alone", () => {
    const value = parseYaml("__proto__: {owned: true}\nconstructor: {prototype: {owned: true}}", "MLmodel");
    expect(Object.keys(value as object)).toEqual(["__proto__", "constructor"]);
    expect({}).not.toHaveProperty("owned");
  });
});
