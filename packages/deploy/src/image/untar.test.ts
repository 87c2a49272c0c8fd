import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { tar } from "./tar.ts";
import { untar } from "./untar.ts";

/** In pieces that fit no block. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777);
}

async function entriesOf(bytes: Uint8Array) {
  const found = [];
  for await (const { content, ...entry } of untar(pieces(bytes), "It"))
    found.push({ ...entry, text: await text(content) });
  return found;
}

const LONG = `${"folder-of-a-long-name/".repeat(9)}and-a-file-whose-name-does-not-fit-either-${"x".repeat(100)}`;

test("what tar has packed is read, in each of its formats", async ({ skip }) => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-untar-"));
  try {
    await mkdir(join(folder, LONG, ".."), { recursive: true });
    await writeFile(join(folder, LONG), "deep");
    await writeFile(join(folder, "ação.txt"), "x".repeat(1500));
    await writeFile(join(folder, "su"), "", { mode: 0o755 });
    execFileSync("chmod", ["4755", join(folder, "su")]);
    execFileSync("ln", ["-s", "su", join(folder, "link")]);
    for (const format of ["ustar", "gnu", "posix"]) {
      const names = format === "ustar" ? ["ação.txt", "su", "link"] : ["."];
      const made = () => execFileSync("tar", [`--format=${format}`, "-c", "-C", folder, ...names]);
      let archive: Uint8Array;
      try {
        archive = made();
      } catch {
        return skip("GNU tar is not here");
      }
      const entries = new Map((await entriesOf(archive)).map((entry) => [entry.path, entry]));
      expect(entries.get("ação.txt")).toMatchObject({ kind: "file", size: 1500, text: "x".repeat(1500) });
      expect(entries.get("su")).toMatchObject({ kind: "file", mode: 0o4755, size: 0 });
      expect(entries.get("link")).toMatchObject({ kind: "link", target: "su" });
      if (format !== "ustar") expect(entries.get(LONG)).toMatchObject({ text: "deep" });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("what we pack is read, and what is not read of a file is passed over", async () => {
  const content = Buffer.from("0123456789".repeat(200));
  const all: Uint8Array[] = [];
  for await (const piece of tar([
    { kind: "folder", path: "a", mode: 0o755 },
    { kind: "file", path: "a/one", mode: 0o644, size: content.length, content },
    { kind: "file", path: `a/${LONG}`, mode: 0o600, size: 3, content: Buffer.from("two") },
  ]))
    all.push(piece);
  const seen = [];
  for await (const entry of untar(pieces(Buffer.concat(all)), "It")) {
    seen.push(entry.path);
    if (entry.path !== "a/one") continue;
    for await (const piece of entry.content) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
  }
  expect(seen).toEqual(["a", `a/${LONG}`, "a/one"].sort());
});

test("a damaged archive is refused", async () => {
  const all: Uint8Array[] = [];
  for await (const piece of tar([{ kind: "file", path: "one", mode: 0o644, size: 5, content: Buffer.from("hello") }]))
    all.push(piece);
  const archive = Buffer.concat(all);
  await expect(entriesOf(archive.subarray(0, 514))).rejects.toThrow("ends in the middle");
  await expect(entriesOf(archive.subarray(0, 100))).rejects.toThrow("ends in the middle");
  const bent = Buffer.from(archive);
  bent[0] = 0x2f;
  await expect(entriesOf(bent)).rejects.toThrow("the sum of a header is wrong");
  const leading = execFileSync("tar", ["--version"]).includes("GNU")
    ? execFileSync("tar", ["-c", "-P", "--transform=s,^,../,", "-C", "/etc", "hostname"])
    : undefined;
  if (leading !== undefined) await expect(entriesOf(leading)).rejects.toThrow("leads out of it");
});
