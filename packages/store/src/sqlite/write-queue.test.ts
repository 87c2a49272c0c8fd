import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SharedWork } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { LibsqlDatabase, overLibsql } from "./libsql-database.ts";
import { type Disk, WriteAheadLog } from "./write-ahead-log.ts";
import { WriteQueue } from "./write-queue.ts";

let folder: string;
let file: string;
let writer: LibsqlDatabase;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-queue-"));
  file = join(folder, "test.db");
  writer = new LibsqlDatabase(new Libsql(file));
  writer.exec("pragma journal_mode = wal; pragma synchronous = normal");
  writer.exec("create table experiment_tags (key text primary key, value text, experiment_id integer)");
});
afterEach(async () => {
  writer.close();
  await rm(folder, { recursive: true });
});

/** The real log, whose way to the disk takes as long as the test likes. */
class HeldDisk implements Disk {
  readonly #log = new WriteAheadLog(file);
  readonly #held: (() => void)[] = [];

  get syncs(): number {
    return this.#held.length;
  }
  async sync(): Promise<void> {
    await new Promise<void>((resolve) => this.#held.push(resolve));
    await this.#log.sync();
  }
  letGo(): void {
    this.#held.shift()?.();
  }
  close(): Promise<void> {
    return this.#log.close();
  }
}

const insertInto = (queue: WriteQueue, key: string) =>
  queue.write(async (db) => {
    await db.insertInto("experiment_tags").values({ key, value: "", experiment_id: 0 }).execute();
    return key;
  });
const keys = (): readonly unknown[] => {
  const reader = new Libsql(file);
  try {
    return reader.prepare("select key from experiment_tags order by key").pluck().all();
  } finally {
    reader.close();
  }
};
const settled = (promises: readonly Promise<unknown>[]): Set<number> => {
  const done = new Set<number>();
  promises.forEach((promise, index) => void promise.then(() => done.add(index)).catch(() => done.add(index)));
  return done;
};
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 20_000 }).toBe(true);

describe("a write", () => {
  test("is done only when its group is on the disk, and the next group does not wait for that", async () => {
    const disk = new HeldDisk();
    const queue = new WriteQueue(writer, overLibsql(writer), { disk });
    const writes = [insertInto(queue, "a"), insertInto(queue, "b")];
    await until(() => disk.syncs === 1);
    writes.push(insertInto(queue, "c"));
    await until(() => disk.syncs === 2);
    const done = settled(writes);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([...done]).toEqual([]);
    disk.letGo();
    expect(await Promise.all(writes.slice(0, 2))).toEqual(["a", "b"]);
    expect([...done]).toEqual([0, 1]);
    disk.letGo();
    await queue.idle();
    expect(await writes[2]).toBe("c");
    await disk.close();
  });

  test("that fails takes back itself alone", async () => {
    const disk = new WriteAheadLog(file);
    const queue = new WriteQueue(writer, overLibsql(writer), { disk });
    const results = await Promise.allSettled([insertInto(queue, "a"), insertInto(queue, "a"), insertInto(queue, "b")]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(keys()).toEqual(["a", "b"]);
    await disk.close();
  });

  test("is done in one go with its neighbours of the same kind, or alone when that fails", async () => {
    const disk = new WriteAheadLog(file);
    const queue = new WriteQueue(writer, overLibsql(writer), { disk });
    const goes: number[] = [];
    const insert = (db: Database, rows: readonly Key[]) =>
      db
        .insertInto("experiment_tags")
        .values(rows.map(({ key }) => ({ key, value: "", experiment_id: 0 })))
        .execute();
    const together = async (db: Database, works: readonly SharedWork[]) => {
      const rows = works.filter((work) => work instanceof Key);
      goes.push(rows.length);
      await insert(db, rows);
    };
    class Key implements SharedWork {
      readonly key: string;
      readonly together = together;
      constructor(key: string) {
        this.key = key;
      }
      async alone(db: Database) {
        goes.push(1);
        await insert(db, [this]);
      }
    }
    await Promise.all(["a", "b", "c"].map((key) => queue.writeShared(new Key(key))));
    expect(goes.splice(0)).toEqual([3]);
    const results = await Promise.allSettled([
      ...["d", "a", "e"].map((key) => queue.writeShared(new Key(key))),
      insertInto(queue, "f"),
      queue.writeShared(new Key("g")),
    ]);
    expect(goes).toEqual([3, 1, 1, 1, 1]);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
      "fulfilled",
    ]);
    expect(keys()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    await disk.close();
  });

  test("is refused when the log cannot reach the disk, and so is every later one", async () => {
    // A log that is not there cannot be made lasting.
    const disk = new WriteAheadLog(join(folder, "other.db"));
    const queue = new WriteQueue(writer, overLibsql(writer), { disk });
    await expect(insertInto(queue, "a")).rejects.toThrow("cannot be written to the disk");
    await expect(insertInto(queue, "b")).rejects.toMatchObject({ code: "SQLITE_IOERR_FSYNC" });
    await disk.close();
  });
});
