import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseGate } from "@esteira/lifecycle/gates/parse-gate";
import { expect, test } from "vitest";
import { HANDBOOK_FEATURES } from "../handbook/features.ts";
import { parseOptions } from "./options.ts";
import { protocolOf } from "./protocol.ts";

const folder = fileURLToPath(new URL("../../", import.meta.url));
const gateOf = (file: string) => parseGate(readFileSync(`${folder}${file}`, "utf8"), file);
const protocol = (...argv: string[]) => protocolOf(parseOptions(argv, false)!);

test("each protocol has a gate of its own that can be read, and no gate file is without one", () => {
  const protocols = [
    protocol(),
    protocol("--ledger", "x.csv"),
    protocol("--ledger", "x.csv", "--mapping", "fdh", "--protocol", "handbook"),
  ];
  expect(protocols.map(({ modelName }) => modelName)).toEqual(["pix-fraud", "ledger-fraud", "handbook-fraud"]);
  expect(protocols.map(({ gateFile }) => gateOf(gateFile).name)).toEqual(protocols.map(({ modelName }) => modelName));
  const files = readdirSync(folder).filter((name) => name.startsWith("gate"));
  expect(files.sort()).toEqual(protocols.map(({ gateFile }) => gateFile).sort());
  expect(protocols.at(-1)?.catalogue).toBe(HANDBOOK_FEATURES);
});

test("the published results stand beside the handbook's file only", () => {
  expect(protocol().published).toBeUndefined();
  expect(protocol("--ledger", "x.csv").published).toBeUndefined();
  expect(protocol("--ledger", "x.csv", "--mapping", "fdh").published).toBe("for reference");
  expect(protocol("--ledger", "x.csv", "--protocol", "handbook").published).toBe("same rows");
});
