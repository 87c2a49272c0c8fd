import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { execute } from "../run/execute.ts";
import { parseBackendSettings } from "../run/settings.ts";
import { type LocalOptions, localBackend } from "./local.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-local-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Asked {
  readonly settings?: unknown;
  readonly onText?: (text: string, stop: { cancel: () => void; kill: () => void }) => void;
  readonly graceMs?: number;
  readonly limits?: Pick<LocalOptions, "memory" | "cpus">;
}

async function outcomeOf(script: string, { settings = {}, onText, graceMs = 60_000, limits = {} }: Asked = {}) {
  const [cancelled, killed] = [new AbortController(), new AbortController()];
  const stop = { cancel: () => cancelled.abort(), kill: () => killed.abort() };
  let output = "";
  const reasons: string[] = [];
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]));
  const work = execute(
    localBackend({ graceMs, ...limits }),
    {
      folder,
      command: { script, variables: { VALUE: "v" }, shown: script },
      env,
      ...{ runId: "0".repeat(32), project: undefined },
      onOutput: (chunk) => {
        output += Buffer.from(chunk).toString("utf8");
        onText?.(output, stop);
      },
    },
    parseBackendSettings(settings),
    { cancelled: cancelled.signal, killed: killed.signal },
    async (reason) => void reasons.push(reason),
  );
  const reason = await work.then(
    () => "finished",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return { reason, output, reasons };
}

/** Whether a process is at work; one that has ended and that nobody has asked about is not. */
async function isAtWork(pid: string): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return state !== "" && !/\) [ZX] /.test(state);
}

async function expectGone(pid: string | undefined): Promise<void> {
  expect(pid).toMatch(/^\d+$/);
  for (let tries = 0; tries < 600 && (await isAtWork(pid ?? "")); tries++) await sleep(100);
  expect(await isAtWork(pid ?? "")).toBe(false);
}

it("runs a command in its folder, with its variables, and hands its output on", async () => {
  expect(await outcomeOf('pwd; echo "$VALUE" >&2')).toMatchObject({
    reason: "finished",
    output: expect.stringContaining("v\n"),
  });
});

it.each([
  ["echo no >&2; exit 3", "The command ended with code 3: no"],
  ["exit 4", "The command ended with code 4."],
  ["kill -SEGV $$", "The command was ended by SIGSEGV."],
  ["nothing-of-this-name", "The command ended with code 127: bash: line 1: nothing-of-this-name: command not found"],
])("says why it failed: %s", async (script, reason) => {
  expect((await outcomeOf(script)).reason).toBe(reason);
});

it("tries again as often as it may", async () => {
  const script = 'echo x >> tries; test "$(wc -l < tries)" -ge 3';
  expect(await outcomeOf(script, { settings: { retries: 2 } })).toMatchObject({
    reason: "finished",
    reasons: ["The command ended with code 1.", "The command ended with code 1."],
  });
  expect((await outcomeOf("exit 1", { settings: { retries: 1 } })).reasons).toHaveLength(1);
});

it.skipIf(process.platform !== "linux")("leaves nothing behind when it is cancelled, late, or done", async () => {
  const inBackground = "sleep 1000 & echo $!; ";
  const cancelled = await outcomeOf(`${inBackground} sleep 1000`, {
    onText: (text, { cancel }) => text.includes("\n") && cancel(),
  });
  expect(cancelled.reason).toBe("Cancelled.");
  await expectGone(cancelled.output.trim());
  const late = await outcomeOf(`${inBackground} sleep 1000`, { settings: { timeoutSeconds: 2, retries: 5 } });
  expect(late).toMatchObject({ reason: "The command took more than 2 s and was ended.", reasons: [] });
  await expectGone(late.output.trim());
  const done = await outcomeOf(inBackground);
  expect(done.reason).toBe("finished");
  await expectGone(done.output.trim());
});

it("does not wait for one that will not end", async () => {
  const stubborn = "trap '' TERM; echo ready; while true; do sleep 1; done";
  const killed = await outcomeOf(stubborn, {
    onText: (text, { cancel, kill }) => {
      if (!text.includes("ready")) return;
      cancel();
      kill();
    },
  });
  expect(killed.reason).toBe("Cancelled.");
  const patient = await outcomeOf(stubborn, {
    graceMs: 200,
    onText: (text, { cancel }) => text.includes("ready") && cancel(),
  });
  expect(patient.reason).toBe("Cancelled.");
});

it.each([
  [[], "is no JSON object"],
  [{ retires: 1 }, "has no setting 'retires' (it has timeoutSeconds, retries); did you mean 'retries'?"],
  [{ retries: 1.5 }, "retries is 1.5: expected a whole number from 0 to 100"],
  [{ timeoutSeconds: 0 }, "timeoutSeconds is 0: expected a number of seconds"],
])("refuses the settings %j", (settings, expected) => {
  expect(() => parseBackendSettings(settings)).toThrow(expected);
});

const MIB = 1024 ** 2;

it.skipIf(process.platform !== "linux")("ends a command whose processes have too much memory together", async () => {
  const eater = `node -e "const b = Buffer.alloc(96 * 1024 * 1024, 1); console.log(b.length); setTimeout(() => {}, 600000)"`;
  const both = await outcomeOf(`${eater} & ${eater} & echo pid $!; wait`, { limits: { memory: 160 * MIB } });
  expect(both.reason).toBe(
    'The command needed more memory than it may have (160 MiB): give it more as "memory" of --backend-config.',
  );
  await expectGone(/^pid (\d+)$/m.exec(both.output)?.[1]);
  expect((await outcomeOf("echo small", { limits: { memory: 160 * MIB } })).reason).toBe("finished");
});

it.skipIf(process.platform !== "linux")("gives a command as many processors as it may use", async () => {
  const { output, reason } = await outcomeOf("nproc", { limits: { cpus: 1 } });
  expect([reason, output]).toEqual(["finished", "1\n"]);
  expect((await outcomeOf("nproc", { limits: { cpus: 5000 } })).reason).toMatch(
    /^The backend's cpus are 5000, and this machine has \d+ for this process: ask for fewer\.$/,
  );
});
