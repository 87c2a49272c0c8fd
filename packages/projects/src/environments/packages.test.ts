import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { installedPackages } from "./packages.ts";

it("names what npm and pip have installed", async () => {
  const home = await mkdtemp(join(tmpdir(), "esteira-packages-"));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  expect(await installedPackages(home, { virtualEnv: join(home, "none") })).toBe("");
  await mkdir(join(home, "node_modules"));
  const packages = { "node_modules/a": { version: "1.0.0" }, "node_modules/a/node_modules/@b/c": { version: "2.1.0" } };
  await writeFile(join(home, "node_modules/.package-lock.json"), JSON.stringify({ packages }));
  for (const name of ["Zed_x-3.0.dist-info", "zed_x"])
    await mkdir(join(home, "venv/lib/python3.12/site-packages", name), { recursive: true });
  expect(await installedPackages(home, { virtualEnv: join(home, "venv") })).toBe("@b/c==2.1.0\na==1.0.0\nzed-x==3.0\n");
  expect(await installedPackages(home, { ofPython: ["numpy==2.0"] })).toBe("@b/c==2.1.0\na==1.0.0\nnumpy==2.0\n");
});
