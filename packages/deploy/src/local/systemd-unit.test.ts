import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { systemdUnit } from "./systemd-unit.ts";

const analyzer = (() => {
  try {
    return execFileSync("sh", ["-c", "command -v systemd-analyze"], { encoding: "utf8" }).trim();
  } catch {
    console.info("skipped in part: no systemd-analyze here");
    return undefined;
  }
})();

describe("a unit for systemd", () => {
  const unit = systemdUnit({
    name: "pix",
    model: "models:/pix/3",
    command: [process.execPath, "/opt/a b/esteira.mjs", "models", "serve", "-m", '/m/100%/$HOME/"x"\\', "-p", "5075"],
    env: { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000", ODD: 'a $b %h "c"' },
  });

  it("expands nothing that it was given", () => {
    expect(unit).toContain(
      `ExecStart="${process.execPath}" "/opt/a b/esteira.mjs" "models" "serve" "-m" "/m/100%%/$$HOME/\\"x\\"\\\\" "-p" "5075"\n`,
    );
    expect(unit).toContain('Environment="ODD=a $b %%h \\"c\\""\n');
    expect(unit).toContain("Description=models:/pix/3 as pix\n");
  });

  it.skipIf(analyzer === undefined)("is what systemd reads without a word", async () => {
    const folder = await mkdtemp(join(tmpdir(), "esteira-unit-"));
    try {
      const file = join(folder, "pix.service");
      await writeFile(file, unit);
      const { stdout, stderr } = await promisify(execFile)(analyzer ?? "", ["verify", "--man=no", file]);
      // Of its own units of this machine it may say what it likes.
      const ofOurs = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("pix.service"));
      expect(ofOurs).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    [["node"], "expected a whole path"],
    [["/usr/bin/node", "a\nExecStartPre=/bin/sh"], "cannot have line breaks"],
  ])("refuses %j", (command, why) => {
    expect(() => systemdUnit({ name: "pix", model: "m", command, env: {} })).toThrow(why);
  });
});
