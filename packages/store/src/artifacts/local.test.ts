import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeArtifactStore } from "../contract/artifact-contract.ts";
import { refused } from "../contract/support.ts";
import type { ArtifactStore } from "./artifact-store.ts";
import { localArtifactStore } from "./local.ts";
import { newWorkName } from "./uploads.ts";

describeArtifactStore("a local folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-artifacts-"));
  return { store: localArtifactStore(join(folder, "root")), remove: () => rm(folder, { recursive: true }) };
});

describe("a local folder", () => {
  let folder: string;
  let root: string;
  let store: ArtifactStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-links-"));
    root = join(folder, "root");
    await mkdir(join(root, "real"), { recursive: true });
    await mkdir(join(folder, "outside"));
    await writeFile(join(folder, "outside", "secret.txt"), "secret");
    await writeFile(join(root, "real", "file.txt"), "inside");
    store = localArtifactStore(root);
  });
  afterEach(() => rm(folder, { recursive: true }));
  const upload = (path: string) => store.write(path, Readable.from(["new"]));

  test("links that leave the root are refused, hidden and never followed", async () => {
    await symlink(join(folder, "outside", "secret.txt"), join(root, "file-link"));
    await symlink(join(folder, "outside"), join(root, "folder-link"));
    await refused(store.open("file-link"), "INVALID_PARAMETER_VALUE", "Invalid path");
    await refused(store.open("folder-link/secret.txt"), "INVALID_PARAMETER_VALUE", "Invalid path");
    await refused(store.list("folder-link"), "INVALID_PARAMETER_VALUE", "Invalid path");
    await refused(upload("folder-link/planted.txt"), "INVALID_PARAMETER_VALUE", "Invalid path");
    await refused(store.remove("folder-link/secret.txt"), "INVALID_PARAMETER_VALUE", "Invalid path");
    expect((await store.list("")).map((entry) => entry.path)).toEqual(["real"]);
    await store.remove("folder-link");
    expect(await readdir(join(folder, "outside"))).toEqual(["secret.txt"]);
    await upload("file-link");
    expect(await readFile(join(folder, "outside", "secret.txt"), "utf8")).toBe("secret");
  });

  test("links within the root are followed", async () => {
    await symlink(join(root, "real"), join(root, "link"));
    expect(await text((await store.open("link/file.txt")).stream)).toBe("inside");
    expect(await store.list("link")).toEqual([{ path: "file.txt", isDir: false, fileSize: 6 }]);
  });

  test("uploads of dead processes and old ones are removed, those under way are not", async () => {
    const uploads = join(root, ".esteira-uploads");
    await mkdir(uploads);
    const alive = await newWorkName();
    const names = {
      dead: alive.replace(`~${process.pid}~`, "~4194999~"),
      alive,
      other: "elsewhere~4194999~3",
      old: "elsewhere~1~4",
    };
    for (const name of Object.values(names)) await writeFile(join(uploads, name), "part");
    await utimes(join(uploads, names.old), 1, 1);
    await store.sweep();
    expect((await readdir(uploads)).sort()).toEqual([names.alive, names.other].sort());
    expect((await store.list("")).map((entry) => entry.path)).toEqual(["real"]);
  });

  test("a root that does not exist yet is empty", async () => {
    const later = localArtifactStore(join(folder, "later"));
    expect(await later.list("")).toEqual([]);
    await refused(later.open("x"), "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'x'");
    await later.remove("x");
    expect(await readdir(folder)).not.toContain("later");
  });

  test("a name that the disk cannot hold leaves no temporary file", async () => {
    await refused(upload("n".repeat(300)), "INVALID_PARAMETER_VALUE", "Invalid path");
    await refused(
      upload(`${"d".repeat(200)}/`.repeat(19) + "d".repeat(250)),
      "INVALID_PARAMETER_VALUE",
      "Invalid path",
    );
    expect(await readdir(join(root, ".esteira-uploads")).catch(() => [])).toEqual([]);
  });
});
