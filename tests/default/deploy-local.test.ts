import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LocalTarget, localTarget } from "@esteira/deploy/local/local-target";
import { processesNaming } from "@esteira/deploy/local/processes";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const FEATURES = ["a", "b", "c", "d", "e", "f"];
const body = JSON.stringify({ dataframe_records: [Object.fromEntries(FEATURES.map((name, i) => [name, i + 0.5]))] });

let folder: string;
let root: string;
let target: LocalTarget;
const model = (name: string): string => join(folder, name);
const options = () => ({
  root,
  command: [process.execPath, COMMAND] as const,
  env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-deploy-"));
  root = join(folder, "deployments");
  target = localTarget(options());
  for (const [name, file] of [
    ["one", "dart.ubj"],
    ["two", "forest.ubj"],
    ["broken", undefined],
  ] as const)
    await writeModelFolder(model(name), {
      ubj: file === undefined ? Buffer.from("no model") : modelBytes(file),
      createdAt: 0,
      modelUuid: "0",
      signature: { inputs: columnsOf(FEATURES, "double") },
    });
});
afterAll(async () => {
  for (const { wanted } of await target.list()) await target.remove(wanted.name);
  expect(await processesNaming(root)).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

async function ask(url: string): Promise<{ status: number; model: string | null; variant: string | null }> {
  const answer = await fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  await answer.arrayBuffer();
  const { headers, status } = answer;
  return { status, model: headers.get("x-esteira-model"), variant: headers.get("x-esteira-variant") };
}

const pidOf = async (name: string): Promise<number> => {
  const pids = await processesNaming(`--deployment=${join(root, name)}/`);
  expect(pids).toHaveLength(1);
  return pids[0] ?? 0;
};

describe("deployments on this machine", { timeout: 240_000 }, () => {
  it("changes models while it serves, at one address and without a failed request, and observes the canary", async () => {
    expect(await target.plan({ name: "pix", model: model("one") })).toEqual([`serve ${model("one")} as pix`]);
    const first = await target.apply({ name: "pix", model: model("one") });
    expect(first).toMatchObject({ state: "serving", generation: 1, restarts: 0 });
    const url = first.url ?? "";
    expect(await ask(url)).toMatchObject({ status: 200, model: "one/1" });
    expect(await target.plan({ name: "pix", model: model("one") })).toEqual([]);
    expect(await target.apply({ name: "pix", model: model("one") })).toEqual(first);

    const pid = await pidOf("pix");
    let asking = true;
    const statuses = new Set<number>();
    const callers = (async () => {
      while (asking) statuses.add((await ask(url)).status);
    })();
    const wanted = {
      name: "pix",
      model: model("one"),
      canary: { model: model("two"), share: 0.5 },
      shadow: model("two"),
    };
    expect((await target.apply(wanted)).url).toBe(url);
    await expect
      .poll(async () => (await target.observe("pix"))?.canary.requests ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(20);
    const observed = await target.observe("pix");
    expect(observed).toMatchObject({ generation: 2, primary: { failed: 0 }, canary: { failed: 0 } });
    // The canary's own answers are not compared with themselves.
    expect(observed?.shadow.difference?.p50).toBeGreaterThan(0);
    expect(observed?.canary.seconds?.p99).toBeGreaterThan(0);

    await target.apply({ name: "pix", model: model("two") });
    await expect.poll(async () => (await ask(url)).model, { timeout: 60_000 }).toBe("two/1");
    expect((await target.observe("pix"))?.canary.requests).toBe(0);
    expect((await target.rollback("pix")).wanted).toEqual(wanted);
    asking = false;
    await callers;
    expect([...statuses]).toEqual([200]);
    expect(await pidOf("pix")).toBe(pid);
  });

  it("leaves what serves when the next cannot, and says why", async () => {
    const { url, wanted } = (await target.status("pix"))!;
    await expect(target.apply({ name: "pix", model: model("broken") })).rejects.toThrow(
      /The deployment pix cannot be changed, and is as it was: .*model/s,
    );
    expect(await ask(url ?? "")).toMatchObject({ status: 200 });
    expect(await target.status("pix")).toMatchObject({ state: "serving", wanted });
    await expect(target.apply({ name: "new", model: model("broken") })).rejects.toThrow(/cannot be changed/);
    expect(await target.status("new")).toBeUndefined();
    expect(await processesNaming(join(root, "new"))).toEqual([]);
    await expect(target.apply({ name: "../pix", model: model("one") })).rejects.toThrow(/name/);
    await expect(target.logs("nobody", 3)).rejects.toThrow(/Nothing is deployed/);
  });

  it("tries anew what was refused when its deployer was killed, and goes back when it is refused again", async () => {
    const before = await target.apply({ name: "late", model: model("one") });
    const file = join(root, "late", "deployment.json");
    const state = JSON.parse(await readFile(file, "utf8"));
    const wanted = { name: "late", model: model("absent") };
    // What a deployer leaves behind that is killed while it waits.
    const left = { ...state, wanted, former: state.wanted, generation: 2 };
    await writeFile(file, JSON.stringify(left));
    await writeFile(join(root, "late", state.attempt, "orders.json"), JSON.stringify({ generation: 2, wanted }));
    const report = async () => JSON.parse(await readFile(join(root, "late", state.attempt, "report.json"), "utf8"));
    await expect.poll(async () => (await report()).refused?.generation, { timeout: 60_000 }).toBe(2);
    await cp(model("two"), model("absent"), { recursive: true });
    expect(await target.apply(wanted)).toMatchObject({ state: "serving", generation: 3, url: before.url });
    expect(await ask(before.url ?? "")).toMatchObject({ status: 200, model: "absent/1" });

    const broken = { name: "late", model: model("broken") };
    await writeFile(file, JSON.stringify({ ...left, wanted: broken, former: wanted, generation: 4 }));
    await writeFile(
      join(root, "late", state.attempt, "orders.json"),
      JSON.stringify({ generation: 4, wanted: broken }),
    );
    await expect.poll(async () => (await report()).refused?.generation, { timeout: 60_000 }).toBe(4);
    await expect(target.apply(broken)).rejects.toThrow(/is as it was/);
    expect(await target.status("late")).toMatchObject({ state: "serving", wanted, url: before.url });
    await target.remove("late");
  });

  it("is adopted by the next deployer, and started again at its address when it is killed", async () => {
    const { url } = (await target.status("pix"))!;
    const pid = await pidOf("pix");
    const other = localTarget(options());
    expect(await other.status("pix")).toMatchObject({ state: "serving", url });
    process.kill(pid, "SIGKILL");
    await expect.poll(async () => (await other.status("pix"))?.state, { timeout: 30_000 }).toBe("failed");
    const notes: string[] = [];
    const keeper = other.keep(50, (line) => notes.push(line));
    await expect.poll(async () => (await other.status("pix"))?.state, { timeout: 60_000 }).toBe("serving");
    await keeper.stop();
    expect(await other.status("pix")).toMatchObject({ url, restarts: 1 });
    expect(notes).toEqual(["The deployment pix has ended by itself and is started again."]);
    expect(await ask(url ?? "")).toMatchObject({ status: 200 });
    expect(await pidOf("pix")).not.toBe(pid);
  });

  it("finds the process of a deployer that was killed while it started one, and leaves no second", async () => {
    const script = `
      import { localTarget } from "@esteira/deploy/local/local-target";
      const target = localTarget({ root: ${JSON.stringify(root)}, command: ${JSON.stringify([process.execPath, COMMAND])}, env: process.env });
      await target.apply({ name: "killed", model: ${JSON.stringify(model("one"))} });`;
    for (const waitMs of [0, 60, 250, 600]) {
      const deployer = spawn(
        process.execPath,
        ["--conditions=@esteira/source", "--import", "tsx", "--input-type=module", "-e", script],
        { stdio: "ignore", cwd: fileURLToPath(new URL("../..", import.meta.url)) },
      );
      const ended = once(deployer, "exit");
      await expect
        .poll(() => existsSync(join(root, "killed", "deployment.json")), { timeout: 60_000, interval: 5 })
        .toBe(true);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      deployer.kill("SIGKILL");
      await ended;
      const status = await target.apply({ name: "killed", model: model("one") });
      expect(status.state).toBe("serving");
      await pidOf("killed");
      expect(await target.remove("killed")).toBe(true);
      expect(await processesNaming(join(root, "killed"))).toEqual([]);
    }
  });

  it("refuses the change of a deployer whose successor has made another, after a removal too", async () => {
    await target.apply({ name: "fenced", model: model("one") }, { order: 7 });
    await expect(target.apply({ name: "fenced", model: model("two") }, { order: 6 })).rejects.toThrow(
      "Change 6 of the deployment fenced comes after change 7, which is newer: it is not made.",
    );
    await target.remove("fenced", { order: 8 });
    await expect(target.apply({ name: "fenced", model: model("two") }, { order: 7 })).rejects.toThrow(/change 8/);
    expect(await processesNaming(join(root, "fenced"))).toEqual([]);
    expect(await readdir(join(root, "fenced"))).toEqual(["removed.json"]);
    await target.apply({ name: "fenced", model: model("two") }, { order: 9 });
    expect(JSON.parse(await readFile(join(root, "fenced", "deployment.json"), "utf8"))).toMatchObject({ order: 9 });
    await target.remove("fenced");
  });
});
