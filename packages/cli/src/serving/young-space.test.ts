import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const MIB = 2 ** 20;

/** What a process holds for short-lived objects, in bytes, after it has made many that live a while. */
async function youngSpaceOf(before: string): Promise<number> {
  const script = `
    const { holdYoungSpace, seeCells } = await import("./young-space.ts");
    ${before}
    let kept = [];
    for (let i = 0; i < 2e6; i++) {
      kept.push({ i });
      if (kept.length > 1e5) kept = [];
    }
    const { getHeapSpaceStatistics } = await import("node:v8");
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size);`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", script];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  expect(stderr).toBe("");
  return Number(stdout);
}

const held = (cells: number): Promise<number> => youngSpaceOf(`holdYoungSpace(); seeCells(${cells});`);

it("keeps the space for short-lived objects as small as it begins, until a request is large", {
  timeout: 120_000,
}, async () => {
  expect(await held(3000)).toBeLessThan(8 * MIB);
  expect(await held(300_000)).toBeGreaterThan(8 * MIB);
});
