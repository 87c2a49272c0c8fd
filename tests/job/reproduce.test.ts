import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
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
  `the Pix training is reproduced bit by bit from its commit, and caught where its code is another${isCheckout ? "" : " (skipped: no git repository)"}`,
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

    // The same training with a lower learning rate, in a copy of the commit: caught, and the code is why.
    const copy = join(stage.home, "copy");
    execFileSync("git", ["clone", "--quiet", "--shared", root, copy]);
    const linked = 'if [ -e "$1" ]; then cp -al "$1" "$2" || cp -a "$1" "$2"; fi';
    for (const folder of ["node_modules", "pix-fraud/node_modules"])
      execFileSync("sh", ["-c", linked, "sh", join(root, folder), join(copy, folder)]);
    const search = join(copy, "pix-fraud/src/training/search.ts");
    const text = await readFile(search, "utf8");
    const slower = text.replace("min: 0.08, max: 0.3", "min: 0.01, max: 0.02");
    const other = slower.replace("FIRST_TRIAL: Params = {}", "FIRST_TRIAL: Params = { learning_rate: 0.01 }");
    expect(new Set([text, slower, other]).size).toBe(3);
    await writeFile(search, other);
    const changed = await stage.esteira(["reproduce", trained, "--code", join(copy, "pix-fraud"), "--json"]);
    expect(changed.code, changed.errors).toBe(3);
    const { outcome, causes, differences } = JSON.parse(changed.output);
    expect(outcome).toBe("differs");
    expect(causes).toEqual([
      { kind: "code", text: expect.stringMatching(/^uncommitted changes: .* → sha256 [0-9a-f]{64}$/) },
    ]);
    expect(Object.keys(differences)).toEqual(expect.arrayContaining(["code", "models"]));

    // Other data are refused before anything runs.
    const another = await run("-e", "prepare", "-P", "transfers=30001");
    const moved = await stage.esteira(["reproduce", trained, "--data", `data=runs:/${another}/data`]);
    expect([moved.code, moved.errors]).toEqual([2, expect.stringContaining("The data 'data' is gone")]);
  },
);
