import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { expect, test } from "vitest";
import { faultText } from "./fault.ts";

test("a fault of the machine is one sentence with its path, a defect is a stack", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-fault-"));
  const file = join(folder, "file");
  await writeFile(file, "");
  const refused = await mkdir(join(file, "below"), { recursive: true }).catch((error: unknown) => error);
  expect(faultText(refused)).toMatch(/file.* cannot be used as a folder, because a file is in its place/);
  const long = await writeFile(join(folder, "x".repeat(300)), "").catch((error: unknown) => error);
  expect(faultText(long)).toMatch(/too long a name/);
  await rm(folder, { recursive: true });

  for (const [code, text] of [
    ["ENOSPC", "The disk is full: /data/a could not be written."],
    ["EROFS", "/data/a cannot be written: give this user write permission"],
  ] as const) {
    expect(faultText(Object.assign(new Error(code), { code, path: "/data/a" }))).toContain(text);
  }
  expect(faultText(invalid("Said already."))).toBe("Said already.");
  expect(faultText(new TypeError("a defect"))).toMatch(/TypeError: a defect\n +at /);
});
