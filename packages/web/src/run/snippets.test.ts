import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { curlCode, pythonCode, typescriptCode } from "./snippets.ts";

const ODD = `it's "odd" $(touch x) \\ \n name`;

it("quotes names for each language, so that a name is never code", () => {
  expect(pythonCode("http://h", ODD)).toContain(JSON.stringify(ODD));
  expect(typescriptCode("http://h", ODD)).toContain(JSON.stringify(ODD));
  const code = curlCode("http://h", ODD, ["a'b"]);
  const shown = code.replace("npx esteira models serve -m", "printf %s").replace(/ -p 5001 &[\s\S]*/, "");
  expect(execFileSync("sh", ["-c", shown], { encoding: "utf8" })).toBe(ODD);
  const sent = code.replace(/[\s\S]*-d /, "printf %s ");
  expect(JSON.parse(execFileSync("sh", ["-c", sent], { encoding: "utf8" }))).toEqual({
    dataframe_split: { columns: ["a'b"], data: [[0]] },
  });
});
