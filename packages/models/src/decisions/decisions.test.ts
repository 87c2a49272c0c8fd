import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { isSame } from "./cells.ts";
import type { ChainFault } from "./chain.ts";
import type { Decision } from "./decision.ts";
import { openDecisionLog } from "./decision-log.ts";
import { eraseDecisions } from "./erase.ts";
import { type Followed, followSegment, SEGMENT_START, type SegmentPosition } from "./follow-segment.ts";
import { openStored, readDecisions } from "./read-decision.ts";
import { SLOT_BYTES } from "./sealing.ts";
import { listSegments, readKeys } from "./segments.ts";
import { verifyDecisions } from "./verify.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-decisions-"));
  folders.push(folder);
  return folder;
}

const MODEL = { name: "pix", version: "2", digest: "d".repeat(64), of: "model.ubj" } as const;
const COLUMNS = [
  { name: "amount", type: "f32" },
  { name: "age", type: "f32" },
] as const;

const decision = (id: string, change: Partial<Decision> = {}): Decision => ({
  ...{ id, at: 1000, eventAt: 900, subjects: ["ana", "shop"], model: MODEL, columns: COLUMNS },
  ...{ values: Float32Array.of(0.1, Number.NaN), params: undefined, scorer: "row", prediction: Math.fround(0.3) },
  ...{ oddsFactor: 0.5, score: 0.17647, threshold: 0.1, action: "review", latencyMs: 0.2 },
  reasons: [{ feature: "amount", value: 0.1, contribution: 1.25, text: { en: "high amount", "pt-BR": "valor alto" } }],
  ...change,
});

async function written(folder: string, ids: readonly string[], change: (id: string) => Partial<Decision> = () => ({})) {
  const log = await openDecisionLog({ folder, writer: "w", now: () => 1000 });
  for (const id of ids) log.write(decision(id, change(id)));
  await log.close();
  return log;
}

const fileOf = async (folder: string, ending: string): Promise<string> =>
  join(folder, (await readdir(folder)).find((name) => name.endsWith(ending)) ?? "");

/** Rewrites one line, counted from 1. */
async function edit(folder: string, at: number, change: (line: string) => string): Promise<void> {
  const file = await fileOf(folder, ".jsonl");
  const lines = (await readFile(file, "utf8")).split("\n");
  lines[at - 1] = change(lines[at - 1] ?? "");
  await writeFile(file, lines.filter((line, i) => line !== "" || i === lines.length - 1).join("\n"));
}

describe("decision records", () => {
  it("give back what was decided, to the bit", async () => {
    const folder = await scratch();
    const odd = decision("odd", {
      columns: [
        { name: "x", type: "f64" },
        { name: "who", type: "any" },
      ],
      ...{
        values: [-0, "ana"],
        scorer: "table",
        prediction: [Number.POSITIVE_INFINITY, 0.25],
        oddsFactor: null,
        score: null,
      },
      ...{ threshold: null, action: null, eventAt: null, subjects: [], params: { k: 2 } },
    });
    const log = await openDecisionLog({ folder });
    for (const one of [decision("a"), odd, decision("a", { at: 2000 })]) log.write(one);
    await log.settled();
    expect(log.missed + log.late).toBe(0);
    const [first, second] = await readDecisions(folder, "a");
    expect(isSame(first?.decision, { ...decision("a"), values: [Math.fround(0.1), Number.NaN] })).toBe(true);
    expect(second?.decision.at).toBe(2000);
    expect(isSame((await readDecisions(folder, "odd"))[0]?.decision, odd)).toBe(true);
    await log.close();
    expect(await verifyDecisions(folder)).toMatchObject({
      segments: 1,
      decisions: 3,
      erased: 0,
      missed: 0,
      faults: [],
    });
  });

  it("hold nothing personal in the open", async () => {
    const folder = await scratch();
    await written(folder, ["t1"]);
    for (const name of await readdir(folder)) {
      const text = (await readFile(join(folder, name))).toString("latin1");
      for (const personal of ["ana", "shop", "valor alto", "high amount", "0.1000"])
        expect(text).not.toContain(personal);
    }
  });

  it("are told apart from unknown ones", async () => {
    const folder = await scratch();
    await expect(readDecisions(folder, "x")).rejects.toThrow("There are no decision records in");
    await written(folder, ["t1"]);
    await expect(readDecisions(folder, "t2")).rejects.toThrow("No decision 't2' is recorded in");
  });

  it("begin a segment for each writer and after so many bytes, each knowing the ends of those before", async () => {
    const folder = await scratch();
    let time = 0;
    const log = await openDecisionLog({ folder, segmentBytes: 1, now: () => ++time });
    for (let i = 0; i < 3; i++) {
      log.write(decision(`t${i}`));
      await log.settled();
    }
    await log.close();
    expect(await verifyDecisions(folder)).toMatchObject({ segments: 3, decisions: 3, faults: [] });
    const first = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort()[0] ?? "";
    await rm(join(folder, first));
    const { faults } = await verifyDecisions(folder);
    expect(faults.map(({ problem }) => problem)).toEqual([expect.stringContaining("which is not here")]);
  });

  it("go on from what earlier processes left: each end is named once", async () => {
    const folder = await scratch();
    for (const writer of ["a", "b", "c"]) {
      const log = await openDecisionLog({ folder, writer, now: () => 1000 });
      log.write(decision(writer));
      await log.close();
    }
    const begins = await Promise.all(
      (await readdir(folder))
        .filter((name) => name.endsWith(".jsonl"))
        .sort()
        .map(async (name) => JSON.parse((await readFile(join(folder, name), "utf8")).split("\n")[0] ?? "")),
    );
    expect(begins.map(({ after }) => after.length)).toEqual([0, 1, 1]);
    expect((await verifyDecisions(folder)).faults).toEqual([]);
  });

  it("are kept when others wait for the disk, and what is lost is said in the chain", async () => {
    const folder = await scratch();
    const log = await openDecisionLog({ folder });
    for (let i = 0; i < 20_010; i++) log.write(decision(`t${i}`));
    expect(log.missed).toBe(10);
    await log.settled();
    await log.close();
    expect(await verifyDecisions(folder)).toMatchObject({ decisions: 20_000, missed: 10, faults: [] });
  });
});

describe("a disk that fails", () => {
  it("holds decisions up until it works again, and counts what never found room", async () => {
    const folder = join(await scratch(), "records");
    const log = await openDecisionLog({ folder });
    await rm(folder, { recursive: true });
    log.write(decision("t1"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await mkdir(folder);
    await log.settled();
    expect(await readDecisions(folder, "t1")).toHaveLength(1);
    await rm(folder, { recursive: true });
    const other = await openDecisionLog({ folder });
    await rm(folder, { recursive: true });
    other.write(decision("t2"));
    await other.close();
    expect(other.missed).toBe(1);
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
    await log.close();
  });
});

describe("a changed record", () => {
  it.each([
    ["a score", (line: string) => line.replace('"score":0.17647', '"score":0.07647'), "does not continue"],
    ["what is sealed", (line: string) => line.replace(/"sealed":"..../, '"sealed":"AAAA'), "does not continue"],
    ["no JSON", () => "{", "cannot be read"],
    ["a line that is gone", () => "", "is numbered"],
  ])("is not shown, and found: %s", async (_, change, problem) => {
    const folder = await scratch();
    await written(folder, ["t1", "t2", "t3"]);
    await edit(folder, 4, change);
    const { faults } = await verifyDecisions(folder);
    expect(faults.map((fault) => fault.problem).join()).toContain(problem);
    await expect(readDecisions(folder, "t3")).rejects.toThrow("is not trusted");
  });

  it("is not shown when it is the last of its segment, which no other line names", async () => {
    const folder = await scratch();
    await written(folder, ["t1", "t2"]);
    await edit(folder, 4, (line) => line.replace('"score":0.17647', '"score":0.07647'));
    await expect(readDecisions(folder, "t2")).rejects.toThrow("is not what was sealed");
    expect(await readDecisions(folder, "t1")).toHaveLength(1);
  });

  it("is found when its key was exchanged or taken away without an order", async () => {
    const folder = await scratch();
    await written(folder, ["t1", "t2"]);
    const file = await fileOf(folder, ".keys");
    const keys = await readFile(file);
    await writeFile(file, Buffer.concat([keys.subarray(SLOT_BYTES), keys.subarray(SLOT_BYTES)]));
    expect((await verifyDecisions(folder)).faults).toMatchObject([
      { problem: "has another key than it was sealed with" },
    ]);
    await expect(readDecisions(folder, "t1")).rejects.toThrow("is not what was sealed");
    await truncate(file, SLOT_BYTES);
    expect((await verifyDecisions(folder)).faults.map(({ problem }) => problem)).toContain(
      "has lost its key, and no erasure names it",
    );
  });

  it("is told from one that a killed process has left half written", async () => {
    const folder = await scratch();
    await written(folder, ["t1"]);
    const file = await fileOf(folder, ".jsonl");
    await writeFile(file, `${await readFile(file, "utf8")}{"sequence":4,"at":10`);
    expect(await verifyDecisions(folder)).toMatchObject({ decisions: 1, torn: 1, faults: [] });
    expect(await readDecisions(folder, "t1")).toHaveLength(1);
  });
});

describe("an erasure", () => {
  const context = (folder: string) => ({ folder, by: "dpo", reason: "art. 18, VI", now: 5000 });

  it("destroys the records of a subject, payer or payee, and the chain verifies as before", async () => {
    const folder = await scratch();
    await written(folder, ["t1", "t2", "t3"], (id) => ({ subjects: id === "t2" ? ["bob", "ana"] : ["carl", "dora"] }));
    const before = await readFile(await fileOf(folder, ".jsonl"));
    expect(await eraseDecisions({ of: "subject", subject: "ana" }, context(folder))).toBe(1);
    await expect(readDecisions(folder, "t2")).rejects.toThrow(
      "The personal data of decision 't2' were erased at 1970-01-01T00:00:05.000Z by dpo (art. 18, VI).",
    );
    expect(await readDecisions(folder, "t1")).toHaveLength(1);
    expect(await verifyDecisions(folder)).toMatchObject({ decisions: 3, erased: 1, erasures: 1, faults: [] });
    expect(await readFile(await fileOf(folder, ".jsonl"))).toEqual(before);
    const keys = await readFile(await fileOf(folder, ".keys"));
    expect(keys.subarray(SLOT_BYTES, 2 * SLOT_BYTES).every((byte) => byte === 0)).toBe(true);
    await expect(eraseDecisions({ of: "subject", subject: "ana" }, context(folder))).rejects.toThrow(
      "nothing to erase",
    );
  });

  it("goes by id and by age too, and needs a reason", async () => {
    const folder = await scratch();
    await written(folder, ["t1", "t2", "t3"], (id) => ({ at: id === "t3" ? 9000 : 10 }));
    await expect(eraseDecisions({ of: "id", id: "t1" }, { ...context(folder), reason: " " })).rejects.toThrow(
      "its reason",
    );
    expect(await eraseDecisions({ of: "id", id: "t1" }, context(folder))).toBe(1);
    expect(await eraseDecisions({ of: "age", before: 9000 }, context(folder))).toBe(1);
    expect(await eraseDecisions({ of: "age", before: 9000 }, context(folder))).toBe(0);
    expect(await readDecisions(folder, "t3")).toHaveLength(1);
    expect(await verifyDecisions(folder)).toMatchObject({ erased: 2, erasures: 2, faults: [] });
  });

  it("that was interrupted is found, and ended by asking again", async () => {
    const folder = await scratch();
    await written(folder, ["t1"]);
    const file = await fileOf(folder, ".keys");
    const keys = await readFile(file);
    await eraseDecisions({ of: "id", id: "t1" }, context(folder));
    await writeFile(file, keys);
    expect((await verifyDecisions(folder)).faults).toMatchObject([{ problem: expect.stringContaining("erase again") }]);
    await eraseDecisions({ of: "id", id: "t1" }, context(folder));
    expect(await verifyDecisions(folder)).toMatchObject({ erased: 1, faults: [] });
  });

  it("cannot be denied: taking its entry away shows", async () => {
    const folder = await scratch();
    await written(folder, ["t1", "t2"]);
    for (const id of ["t1", "t2"]) await eraseDecisions({ of: "id", id }, context(folder));
    const file = join(folder, "erasures.jsonl");
    const [first = "", second = ""] = (await readFile(file, "utf8")).split("\n");
    await writeFile(file, `${first}\n`);
    expect((await verifyDecisions(folder)).faults).toHaveLength(1);
    await writeFile(file, `${first.replace("dpo", "eve")}\n${second}\n`);
    expect((await verifyDecisions(folder)).faults).toMatchObject([
      { where: "erasures.jsonl", sequence: 2, problem: "does not continue the one before it" },
    ]);
  });

  it("does not say that there is nothing of a subject when it could not find it", async () => {
    const folder = await scratch();
    await written(folder, ["t1"]);
    await rm(join(folder, "subjects.key"));
    await expect(eraseDecisions({ of: "subject", subject: "ana" }, context(folder))).rejects.toThrow(
      "is gone: restore it",
    );
    expect(await readDecisions(folder, "t1")).toHaveLength(1);
  });

  it("takes over the lock of a process that is gone", async () => {
    const folder = await scratch();
    await written(folder, ["t1"]);
    await writeFile(join(folder, "erasures.lock"), String(process.pid));
    await expect(eraseDecisions({ of: "id", id: "t1" }, context(folder))).rejects.toThrow("is erasing in");
    await writeFile(join(folder, "erasures.lock"), "4194303");
    expect(await eraseDecisions({ of: "id", id: "t1" }, context(folder))).toBe(1);
  });
});

describe("a segment that is followed", () => {
  const followed = async (folder: string, from: SegmentPosition) => {
    const [segment = ""] = await listSegments(folder);
    const told: (Followed | ChainFault)[] = [];
    for await (const one of followSegment(folder, segment, from)) told.push(one);
    return told;
  };
  const idsOf = (told: readonly (Followed | ChainFault)[]) =>
    told.flatMap((one) => ("position" in one && one.decision ? [one.decision.entry.id] : []));

  it("goes on where it ended, and leaves a line that is being written for the next time", async () => {
    const folder = await scratch();
    await written(folder, ["one", "two", "three"]);
    const file = await fileOf(folder, ".jsonl");
    const whole = await readFile(file);
    await truncate(file, whole.length - 40);
    const before = await followed(folder, SEGMENT_START);
    expect(idsOf(before)).toEqual(["one", "two"]);
    await writeFile(file, whole);
    const last = before.at(-1);
    const position = JSON.parse(JSON.stringify(last && "position" in last ? last.position : undefined));
    const after = await followed(folder, position);
    expect(idsOf(after)).toEqual(["three"]);
    const keys = await readKeys(folder, (await listSegments(folder))[0] ?? "");
    const [three] = after;
    const stored = three && "position" in three ? three.decision : undefined;
    expect(openStored(stored!, keys)).toMatchObject({ id: "three", subjects: ["ana", "shop"], score: 0.17647 });
    expect(openStored(stored!, Buffer.alloc(keys.length))).toBe("erased");
  });

  it("tells nothing after a line that was changed", async () => {
    const folder = await scratch();
    await written(folder, ["one", "two", "three"]);
    await edit(folder, 4, (line) => line.replace('"score":0.17647', '"score":0.9'));
    const told = await followed(folder, SEGMENT_START);
    expect(idsOf(told)).toEqual(["one", "two"]);
    expect(told.at(-1)).toMatchObject({ sequence: 5, problem: "does not continue the one before it" });
  });
});
