import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackFixture } from "@esteira/models/engines/mllib/fixtures/fixture";
import { compareWithSpark } from "@esteira/models/engines/mllib/real-spark";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const python = process.env.ESTEIRA_SPARK_PYTHON ?? "";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-real-spark-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe.skipIf(python === "")("asking a real Spark", () => {
  it("tells how far answers are from its own", async () => {
    const golden = unpackFixture("forest", join(root, "forest"));
    const parity = await compareWithSpark(join(root, "forest", "model"), golden, { python });
    expect(parity).toMatchObject({ rows: golden.rows.length, differing: 0, mismatched: 0, maxUlp: 0, refusals: [] });
    // The version that answers is not the one that saved.
    expect(parity.spark).toMatch(/^4\./);
  });

  it("agrees where both refuse, row by row", async () => {
    const golden = unpackFixture("assemble-error-odd", join(root, "refused"));
    const parity = await compareWithSpark(join(root, "refused", "model"), golden, { python });
    expect(parity).toMatchObject({ differing: 0, mismatched: 0 });
    expect(parity.refused).toBeGreaterThan(0);
    expect(parity.refused).toBeLessThan(golden.rows.length);
    for (const who of ["Spark", "Esteira"]) expect(parity.refusals.join("\n")).toContain(`${who}: `);
  });

  it("says what is wrong with the interpreter", async () => {
    const golden = unpackFixture("index-skip", join(root, "none"));
    const model = join(root, "none", "model");
    await expect(compareWithSpark(model, golden, { python: join(root, "nothing") })).rejects.toThrow("does not start");
    await expect(compareWithSpark(model, golden, { python: process.execPath })).rejects.toThrow("did not answer");
  });
});
