import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { createClient } from "@esteira/sdk/client";
import { afterAll, describe, expect, test } from "vitest";
import { servingAgain } from "./serve-again.ts";
import { runsOf, serving } from "./snapshot.ts";
import { COMMAND, LENIENT_GATE, ROOT, runJob } from "./spawn-job.ts";

const folder = await mkdtemp(join(tmpdir(), "esteira-terminal-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const CTRL_C = "\x03";
const QUICK = ["--transfers", "30000", "--trainer", "random-forest", "--gate", LENIENT_GATE];

/** Whether `script` of util-linux is here: it runs a command at a terminal of its own. */
const hasScript = (() => {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8", stdio: "pipe" }).includes("util-linux");
  } catch {
    return false;
  }
})();
if (!hasScript) console.info("skipped: the job at a terminal; it needs the `script` program of util-linux");

/** A shell's command line at a terminal, as a person gives it. */
function atTerminal(command: string) {
  const child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: "", TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += stripVTControlCharacters(text);
  });
  const ended = once(child, "close").then(([code]) => ({ code, shown }));
  let over = false;
  void ended.then(() => {
    over = true;
  });
  return {
    ended,
    press: (key: string) => child.stdin.write(key),
    async shows(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = pattern.exec(shown);
        if (found !== null) return found[1] ?? "";
        if (over) throw new Error(`it ended before it showed ${pattern}\n${shown}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

describe.skipIf(!hasScript)("at a terminal", () => {
  test("the server stays up until Ctrl-C, and other jobs may have the folder then", async () => {
    const data = join(folder, "stays");
    // Without npm and without a shell around it: either may end with 130 after a Ctrl-C, whatever the command made of it.
    const terminal = atTerminal(`exec ${COMMAND.join(" ")} ${QUICK.join(" ")} --data ${data}`);
    await terminal.shows(/The server stays up until Ctrl-C\./);
    const url = await terminal.shows(/Server +(http:\S+)/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await (await fetch(url)).text()).toContain("<html");
    expect((await runsOf(createClient({ baseUrl: url }))).length).toBe(2);
    expect(await readdir(data)).not.toContain("job.pid");
    terminal.press(CTRL_C);
    expect(await terminal.ended).toMatchObject({ code: 0 });
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  test("--no-stay ends by itself", async () => {
    const terminal = atTerminal(`npm run --silent pix -- ${QUICK.join(" ")} --no-stay --data ${join(folder, "goes")}`);
    const { code, shown } = await terminal.ended;
    expect(code, shown).toBe(0);
    expect(shown).toMatch(/Again +npx esteira server/);
  });

  test("one Ctrl-C in the middle of training is one, although npm passes it on a second time", async () => {
    const data = join(folder, "stopped");
    const terminal = atTerminal(
      `npm run --silent pix -- --transfers 60000 --trials 40 --gate ${LENIENT_GATE} --data ${data}`,
    );
    const client = createClient({ baseUrl: await terminal.shows(/Tracking server at (http:\S+)/) });
    for (let training = false; !training; ) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      training = (await runsOf(client)).some(({ info }) => info.runName === "trial-1");
    }
    terminal.press(CTRL_C);
    const { code, shown } = await terminal.ended;
    expect(code, shown).toBe(130);
    expect(shown).toContain("Interrupted: what was finished is kept; the same command goes on from there.");
    await serving(data, async (ours) => {
      expect((await runsOf(ours)).map(({ info }) => info.status)).not.toContain("RUNNING");
    });
    expect(await readdir(data)).not.toContain("job.pid");
  });
});

test("without a terminal it exits, and the command that it prints serves the same data", async () => {
  const data = join(folder, "João's data");
  const end = await runJob([...QUICK, "--data", data]);
  expect(end.code, end.stdout + end.stderr).toBe(0);
  expect(end.stdout).not.toContain("stays up");
  const url = /Server +(http:\S+)/.exec(end.stdout)?.[1];
  await expect(fetch(`${url}/health`)).rejects.toThrow();

  await servingAgain(end.stdout, async (client) => {
    const [train] = await runsOf(client);
    expect(train?.info).toMatchObject({ status: "FINISHED", runName: "random-forest-seed-7" });
    expect(await client.artifacts.readText(train?.info.artifactUri ?? "", "pictures/roc.svg")).toContain("<svg");
    expect((await client.registeredModels.getByAlias("pix-fraud", "champion")).version).toBe("1");
  });
});
