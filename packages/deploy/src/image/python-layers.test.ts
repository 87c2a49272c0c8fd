import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { machinePlatform } from "./machine-base.ts";
import { pythonEnv, pythonLayers } from "./python-layers.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-python-layers-"));
});
afterEach(() => rm(folder, { recursive: true }));

const FACTS = { version: "3.11.7", executable: "/x", standardLibrary: "/x/lib/python3.11", soname: "libpython3.11.a" };

// A program of this machine stands in for the interpreter: it needs libraries as that does.
test.skipIf(machinePlatform() === undefined)(
  "the interpreter's libraries come along, without what is below or what wheels bring",
  async () => {
    const program = await realpath(process.execPath);
    await mkdir(join(folder, "python/bin"), { recursive: true });
    await mkdir(join(folder, "python/lib/python3.11"), { recursive: true });
    await mkdir(join(folder, "packages/thing"), { recursive: true });
    await cp(program, join(folder, "python/bin/python3"));
    await writeFile(join(folder, "python/lib/python3.11/os.py"), "import sys\n");
    await writeFile(join(folder, "packages/thing/__init__.py"), "");
    const environment = { folder, facts: FACTS, distributions: [] };
    const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
    const alone = await pythonLayers(environment, platform, new Set());
    const paths = alone.libraries.map(({ path }) => path);
    expect(paths).toContainEqual(expect.stringMatching(/libstdc\+\+\.so\.6$/));
    expect(alone.missing).toEqual([]);
    expect(alone.runtime.find(({ path }) => path === "opt/python/bin/python3")?.mode).toBe(0o755);
    expect(alone.packages.map(({ path }) => path)).toEqual([
      "app",
      "app/python",
      "app/python/thing",
      "app/python/thing/__init__.py",
    ]);
    const above = await pythonLayers(environment, platform, new Set(paths));
    expect(above.libraries).toEqual([]);
    await writeFile(join(folder, "packages/thing/libstdc++.so.6"), "brought along");
    const brought = await pythonLayers(environment, platform, new Set());
    expect(brought.libraries.map(({ path }) => path)).not.toContainEqual(expect.stringMatching(/libstdc\+\+/));
  },
);

test("where Python itself is a library, the loader is told where it lies", () => {
  const environment = (soname: string) => ({ folder, facts: { ...FACTS, soname }, distributions: [] });
  expect(pythonEnv(environment("libpython3.11.a"))).not.toHaveProperty("LD_LIBRARY_PATH");
  expect(pythonEnv(environment("libpython3.11.so.1.0"))).toMatchObject({
    ...{ LD_LIBRARY_PATH: "/opt/python/lib", ESTEIRA_ENGINE: "python", PYTHONPATH: "/app/python" },
  });
});
