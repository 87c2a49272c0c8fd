import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runId } from "@esteira/core/ids";
import { expect, it, onTestFinished } from "vitest";
import { openStage } from "../default/git-project.testing.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const isCheckout = (() => {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { cwd: root, stdio: "pipe" }).length > 0;
  } catch {
    return false;
  }
})();

it.skipIf(!isCheckout)(
  `the Pix training is reproduced bit by bit from its commit${isCheckout ? "" : " (skipped: no git repository)"}`,
  { timeout: 1_800_000 },
  async () => {
    const stage = await openStage();
    onTestFinished(() => stage.close());
    const run = async (...args: string[]) => {
      const ended = await stage.esteira(["run", join(root, "pix-fraud"), ...args]);
      expect(ended.code, ended.errors).toBe(0);
      return /Run ([0-9a-f]{32}) finished/.exec(ended.errors)?.[1] ?? "";
    };
    const prepared = await run("-e", "prepare", "-P", "transfers=30000");
    const trained = await run("-e", "train", "-P", `data=runs:/${prepared}/data`, "-P", "trials=2");
    const { code, output, errors } = await stage.esteira(["reproduce", trained, "--json"]);
    expect(code, errors + output).toBe(0);
    const verdict = JSON.parse(output);
    expect(verdict).toMatchObject({ outcome: "reproduced", agreement: "bitwise", differences: {}, notVerified: [] });
    // The model's files, the trials' curves and the pictures are among what is equal.
    for (const group of ["metrics", "models", "artifacts", "data"]) expect(verdict.equal[group]).toBeGreaterThan(0);
    const digest = async (id: string) =>
      (await stage.client.runs.get(runId(id))).data.tags.find(({ key }) => key === "esteira.model.sha256")?.value;
    expect(await digest(verdict.reproduction)).toBe(await digest(trained));

    // Other code, caught with its reason, and refused data.
    const other = await run("-e", "prepare", "-P", "transfers=30001");
    const moved = await stage.esteira(["reproduce", trained, "--data", `data=runs:/${other}/data`]);
    expect([moved.code, moved.errors]).toEqual([2, expect.stringContaining("The data 'data' is gone")]);
  },
);
