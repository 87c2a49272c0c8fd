import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { locateXgboost } from "./library.ts";
import { PINNED_WHEELS, XGBOOST_VERSION } from "./pins.ts";
import { oraclePython, present, xgboostForTests } from "./xgboost.testing.ts";

const found = await xgboostForTests();
const oracle = oraclePython("the search for a Python package");
const platform = `${process.platform}-${process.arch}`;
const wheel = PINNED_WHEELS[platform];
/** Nothing on the path: no Python, no pip, no uv. */
const BARE = { PATH: "" };

let scratch: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), "esteira-library-test-"));
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

describe("without a library anywhere", () => {
  test("says in one sentence what to do, and leaves nothing behind", async () => {
    const cacheDir = join(scratch, "cache");
    const failure = await locateXgboost({ env: BARE, cacheDir }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "INVALID_STATE" });
    const message = failure instanceof Error ? failure.message : "";
    expect(message).toContain(`run "pip install xgboost-cpu==${XGBOOST_VERSION}", or set ESTEIRA_XGBOOST_LIB`);
    expect(message).not.toContain("\n");
    expect(await readdir(scratch)).toEqual([]);
  });

  test("refuses an ESTEIRA_XGBOOST_LIB that will not do, instead of taking another", async () => {
    const text = join(scratch, "libxgboost.so");
    await writeFile(text, "not a library");
    await expect(locateXgboost({ env: { ESTEIRA_XGBOOST_LIB: "/nowhere/lib.so" } })).rejects.toMatchObject({
      code: "INVALID_PARAMETER_VALUE",
      message: expect.stringContaining("is not a readable file"),
    });
    const hash = createHash("sha256").update("not a library").digest("hex");
    await expect(locateXgboost({ env: { ESTEIRA_XGBOOST_LIB: text } })).rejects.toThrow(
      `whose SHA-256 ${hash} is none of the published builds`,
    );
    const vouched = { ESTEIRA_XGBOOST_LIB: text, ESTEIRA_XGBOOST_SHA256: hash };
    await expect(locateXgboost({ env: vouched })).rejects.toThrow("could not be loaded");
  });
});

describe.skipIf(process.platform === "win32" || wheel === undefined)("an index that serves other bytes", () => {
  test("is refused by hash, and nothing is installed", async () => {
    const bin = join(scratch, "bin");
    await mkdir(bin);
    // A program in pip's place that downloads a wheel of the right name with the wrong content.
    const script = `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\n/bin/mkdir -p "$2"\necho tampered > "$2/${wheel?.wheel}"\n`;
    await writeFile(join(bin, "pip"), script);
    await chmod(join(bin, "pip"), 0o755);
    const cacheDir = join(scratch, "cache");
    await expect(locateXgboost({ env: { PATH: bin }, cacheDir })).rejects.toThrow(
      new RegExp(`${wheel?.wheel} has SHA-256 [0-9a-f]{64} where Esteira pins ${wheel?.sha256}`),
    );
    expect(await readdir(scratch)).toEqual(["bin"]);
  });

  test("and one that does not answer is left when the caller is", async () => {
    const bin = join(scratch, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "pip"), "#!/bin/sh\nexec /bin/sleep 60\n");
    await chmod(join(bin, "pip"), 0o755);
    const leave = new AbortController();
    const onProgress = (message: string) => {
      if (message.startsWith("Downloading")) setTimeout(() => leave.abort(new Error("left")), 100);
    };
    const search = locateXgboost({
      env: { PATH: bin },
      cacheDir: join(scratch, "cache"),
      signal: leave.signal,
      onProgress,
    });
    await expect(search).rejects.toThrow("left");
  });

  test("and one that is down is reported by its own words", async () => {
    const bin = join(scratch, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "pip"), `#!/bin/sh\necho "ERROR: No matching distribution found" >&2\nexit 1\n`);
    await chmod(join(bin, "pip"), 0o755);
    const messages: string[] = [];
    const onProgress = (message: string) => messages.push(message);
    await expect(locateXgboost({ env: { PATH: bin }, cacheDir: join(scratch, "cache"), onProgress })).rejects.toThrow(
      "(pip: No matching distribution found)",
    );
    expect(messages).toContain("pip could not download it: No matching distribution found.");
  });
});

describe.skipIf(found === undefined || wheel === undefined)("a library of an earlier install", () => {
  /** The cache's folder of this platform, filled from the library that the other tests use. */
  async function filledCache(): Promise<string> {
    const root = dirname(dirname(dirname(present(found).path)));
    const folder = join(scratch, platform);
    for (const file of Object.keys(wheel?.files ?? {})) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await cp(join(root, file), join(folder, file));
    }
    return folder;
  }

  test("is taken from the cache, with its hash, without any program", async () => {
    const folder = await filledCache();
    const library = await locateXgboost({ env: BARE, cacheDir: scratch });
    expect(library).toEqual({
      path: join(folder, wheel?.library ?? ""),
      version: XGBOOST_VERSION,
      sha256: wheel?.files[wheel.library],
      source: "cache",
    });
  });

  test("is one search for callers at once", async () => {
    await filledCache();
    const [first, second] = await Promise.all([
      locateXgboost({ env: BARE, cacheDir: scratch }),
      locateXgboost({ env: BARE, cacheDir: scratch }),
    ]);
    expect(second).toBe(first);
  });

  test("is never used once changed, be it the library or what it needs", async () => {
    for (const file of Object.keys(wheel?.files ?? {})) {
      const folder = await filledCache();
      await writeFile(join(folder, file), "x", { flag: "a" });
      await expect(locateXgboost({ env: BARE, cacheDir: scratch })).rejects.toThrow("was not found");
      expect(await readdir(scratch)).toEqual([]);
    }
  });

  test("is accepted by path from ESTEIRA_XGBOOST_LIB", async () => {
    const { path } = present(found);
    const library = await locateXgboost({ env: { ...BARE, ESTEIRA_XGBOOST_LIB: path } });
    expect(library).toMatchObject({ path, version: XGBOOST_VERSION, source: "environment" });
  });
});

describe.skipIf(oracle === undefined)("a Python that has xgboost", () => {
  test("lends its library, found by the active environment or by the path", async () => {
    const interpreter = oracle ?? "";
    const prefix = await promisify(execFile)(interpreter, ["-c", "import sys; print(sys.prefix)"]);
    const cacheDir = join(scratch, "cache");
    const byVenv = await locateXgboost({ env: { ...BARE, VIRTUAL_ENV: prefix.stdout.trim() }, cacheDir });
    expect(byVenv).toMatchObject({ source: "python", version: XGBOOST_VERSION });
    const bin = join(scratch, "bin");
    await mkdir(bin);
    await symlink(interpreter, join(bin, "unrelated"));
    const byPath = await locateXgboost({ env: { PATH: [bin, dirname(interpreter)].join(delimiter) }, cacheDir });
    expect(byPath).toEqual(byVenv);
  });
});
