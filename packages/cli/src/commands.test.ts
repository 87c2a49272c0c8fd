import { describe, expect, it } from "vitest";
import { commandsFor } from "./commands.ts";

const namesFor = async (...args: readonly string[]) => (await commandsFor(args)).map(({ name }) => name);

describe("the commands that are loaded", () => {
  it.each([
    [["server", "--port", "0"], ["server"]],
    [["models", "serve", "-m", "x"], ["models serve"]],
    [
      ["models", "--help"],
      ["models serve", "models route", "models predict", "models verify", "models card"],
    ],
    [["reproduce", "0123"], ["reproduce"]],
    [
      ["reproduce", "verify", "0123"],
      ["reproduce", "reproduce verify"],
    ],
    [
      ["reproduce", "--help"],
      ["reproduce", "reproduce verify"],
    ],
  ])("for %j are %j", async (args, names) => {
    expect(await namesFor(...args)).toEqual(names);
  });

  it("are all where none is meant, each once and under its words", async () => {
    const all = await namesFor("--help");
    expect(new Set(all).size).toBe(all.length);
    expect(await namesFor()).toEqual(all);
    expect(await namesFor("sever")).toEqual(all);
    for (const name of all) expect(await namesFor(...name.split(" "))).toContain(name);
  });
});
