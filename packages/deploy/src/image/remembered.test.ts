import { mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { remembered, stampOf } from "./remembered.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-remembered-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("a file's stamp is another when it is written, replaced, or made to look as before", async () => {
  const file = join(folder, "library.so");
  expect(await stampOf(file)).toBe("none");
  await writeFile(file, "one");
  await utimes(file, 1000, 1000);
  const first = await stampOf(file);
  expect(await stampOf(file)).toBe(first);
  await writeFile(file, "two");
  await utimes(file, 1000, 1000);
  expect(await stampOf(file)).not.toBe(first);
  await writeFile(join(folder, "other"), "one");
  await rename(join(folder, "other"), file);
  expect(await stampOf(file)).not.toBe(first);
});

test("what was found is found again when it holds no more, or its note is damaged", async () => {
  let finds = 0;
  let holds = true;
  const ask = () =>
    remembered({
      name: "it",
      cache: join(folder, "cache"),
      schema: z.object({ count: z.int() }),
      holds: async () => holds,
      find: async () => ({ count: ++finds }),
    });
  expect([await ask(), await ask()]).toEqual([{ count: 1 }, { count: 1 }]);
  holds = false;
  expect(await ask()).toEqual({ count: 2 });
  holds = true;
  await writeFile(join(folder, "cache", "it.json"), "{");
  expect(await ask()).toEqual({ count: 3 });
});
