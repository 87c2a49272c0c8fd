import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ArtifactStore } from "../artifacts/artifact-store.ts";
import { refused } from "./support.ts";

/** What every ArtifactStore promises. `open` gives an empty one and what removes it again. */
export function describeArtifactStore(
  name: string,
  open: () => Promise<{ store: ArtifactStore; remove: () => Promise<void> }>,
): void {
  describe(`artifacts in ${name}`, () => {
    let store: ArtifactStore;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ store, remove } = await open());
    });
    afterAll(() => remove());
    const write = (path: string, content: string | Buffer) => store.write(path, Readable.from([content]));
    const read = async (path: string, range?: { start: number; end?: number }) => {
      const { stream, size } = await store.open(path, range);
      return { content: await text(stream), size };
    };

    test("what was written is read back, whole or in part", async () => {
      await write("read/ação-日本.txt", "0123456789");
      expect(await read("read/ação-日本.txt")).toEqual({ content: "0123456789", size: 10 });
      expect(await read("read/ação-日本.txt", { start: 2, end: 4 })).toEqual({ content: "234", size: 10 });
      expect(await read("read/ação-日本.txt", { start: 8 })).toEqual({ content: "89", size: 10 });
      await refused(store.open("read/ação-日本.txt", { start: 10 }), "INVALID_PARAMETER_VALUE", "Invalid range");
      await write("read/empty", "");
      expect(await read("read/empty")).toEqual({ content: "", size: 0 });
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      await write("read/bytes", bytes);
      expect((await buffer((await store.open("read/bytes")).stream)).equals(bytes)).toBe(true);
    });

    test("writing again replaces the file", async () => {
      await write("again.txt", "a long first text");
      await write("again.txt", "second");
      expect(await read("again.txt")).toEqual({ content: "second", size: 6 });
    });

    test("a folder is listed by name, with sizes, relative to itself", async () => {
      await write("list/b.txt", "bb");
      await write("list/a/deep.txt", "d");
      expect(await store.list("list")).toEqual([
        { path: "a", isDir: true },
        { path: "b.txt", isDir: false, fileSize: 2 },
      ]);
      expect(await store.list("list/a/")).toEqual([{ path: "deep.txt", isDir: false, fileSize: 1 }]);
      expect(await store.list("list/b.txt")).toEqual([]);
      expect(await store.list("nothing/here")).toEqual([]);
      expect((await store.list("")).map((entry) => entry.path)).toContain("list");
    });

    test("a name of an upload under way is not to be taken", async () => {
      const name = "reserved/.artifact.uploading.x1";
      await refused(write(name, "x"), "INVALID_PARAMETER_VALUE", "starting with '.artifact.uploading.' are reserved");
      expect(await store.list("reserved")).toEqual([]);
      // Elsewhere in a name it means nothing.
      await write("reserved/my.artifact.uploading.x1", "x");
      await write("reserved/.artifact.uploading.d/x", "x");
      expect((await store.stat("reserved/.artifact.uploading.d/x")).size).toBe(1);
    });

    test("a folder is listed in pages that together hold each entry once", async () => {
      const names = ["a", "a-b", "a.b", "b", "ç", "folder"];
      for (const name of names) await write(name === "folder" ? "pages/folder/x" : `pages/${name}`, "x");
      const seen: string[] = [];
      let pageToken: string | undefined;
      let pages = 0;
      do {
        const options = { limit: 2, ...(pageToken === undefined ? {} : { pageToken }) };
        const page = await store.listPage("pages", options);
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map((entry) => entry.path));
        pageToken = page.nextPageToken;
        pages++;
      } while (pageToken !== undefined);
      expect(seen.sort()).toEqual(names.sort());
      expect(pages).toBe(3);
      expect(await store.listPage("none", { limit: 2 })).toEqual({ items: [] });
      await refused(
        store.listPage("pages", { limit: 2, pageToken: "not a token" }),
        "INVALID_PARAMETER_VALUE",
        "page token",
      );
    });

    test("a file has a size, a date and a tag that changes with its content", async () => {
      const began = Date.now() - 2000;
      await write("versions/x.txt", "first");
      const first = await store.stat("versions/x.txt");
      expect(first).toMatchObject({ size: 5, etag: expect.stringMatching(/^"[^"]+"$/) });
      expect(first.modified.getTime()).toBeGreaterThan(began);
      const { stream, ...opened } = await store.open("versions/x.txt", { start: 1, end: 2 });
      expect(await text(stream)).toBe("ir");
      expect(opened).toEqual(first);
      await write("versions/x.txt", "other");
      expect((await store.stat("versions/x.txt")).etag).not.toBe(first.etag);
      await refused(store.stat("versions/none"), "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'versions/none'");
      await refused(store.stat("versions"), "INVALID_PARAMETER_VALUE", "directory");
    });

    test("what is missing, and what is a folder, cannot be opened", async () => {
      await write("kinds/file", "x");
      await refused(store.open("kinds/none.txt"), "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'kinds/none.txt'");
      await refused(store.open("kinds/file/below"), "RESOURCE_DOES_NOT_EXIST", "No such artifact: 'kinds/file/below'");
      await refused(store.open("kinds"), "INVALID_PARAMETER_VALUE", "directory");
    });

    test("a file is not written over a folder or below a file", async () => {
      await write("taken/folder/x", "x");
      await refused(write("taken/folder", "y"), "INVALID_PARAMETER_VALUE", "in its way");
      await refused(write("taken/folder/x/y", "y"), "INVALID_PARAMETER_VALUE", "in its way");
      expect((await read("taken/folder/x")).content).toBe("x");
    });

    test("an upload that breaks leaves the old file, and nothing else", async () => {
      await write("broken/old.txt", "old");
      const breaking = () =>
        Readable.from(
          (async function* () {
            yield "half of it";
            throw new Error("the client went away");
          })(),
        );
      await expect(store.write("broken/old.txt", breaking())).rejects.toThrow("the client went away");
      await expect(store.write("broken/new/deep.txt", breaking())).rejects.toThrow("the client went away");
      expect((await read("broken/old.txt")).content).toBe("old");
      expect(await store.list("broken")).toEqual([{ path: "old.txt", isDir: false, fileSize: 3 }]);
    });

    test("of two uploads at once one is there whole", async () => {
      for (let round = 0; round < 10; round++) {
        const contents = ["a".repeat(200_000), "b".repeat(100_000)];
        await Promise.all(contents.map((content) => write("race.bin", content)));
        expect(contents).toContain((await read("race.bin")).content);
      }
    });

    test("files and folders are removed, once or twice", async () => {
      await write("gone/a/b.txt", "b");
      await store.remove("gone/a/b.txt");
      await store.remove("gone/a/b.txt");
      expect(await store.list("gone/a")).toEqual([]);
      await write("gone/a/c.txt", "c");
      await store.remove("gone");
      expect(await store.list("gone")).toEqual([]);
    });

    test.each(["..", ".", "a/../b", "/etc/passwd", "%2e", "a\\b", "a\u0000", "file:///etc/passwd"])(
      "%j is no path for any call",
      async (path) => {
        const kept = await store.list("");
        await refused(store.list(path), "INVALID_PARAMETER_VALUE", "Invalid path");
        await refused(store.open(path), "INVALID_PARAMETER_VALUE", "Invalid path");
        await refused(write(path, "x"), "INVALID_PARAMETER_VALUE", "Invalid path");
        await refused(store.remove(path), "INVALID_PARAMETER_VALUE", "Invalid path");
        await refused(store.remove(""), "INVALID_PARAMETER_VALUE", "Invalid path");
        expect(await store.list("")).toEqual(kept);
      },
    );
  });
}
