import { Agent, request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { containerCalls } from "@esteira/deploy/docker/container-calls";
import type { DockerOptions } from "@esteira/deploy/docker/docker-target";
import type { Engine } from "@esteira/deploy/docker/engine";
import type { Wanted } from "@esteira/deploy/wanted";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { BODY, type DockerWorld, startDockerWorld } from "./docker-world.ts";
import { noEngine } from "./dockerd.ts";
import { freePort, missing, run } from "./programs.ts";

describe.skipIf(noEngine())("deployments in containers of a real Docker", () => {
  let world: DockerWorld;
  let engine: Engine;
  beforeAll(async () => {
    world = await startDockerWorld();
    engine = world.engine;
  });
  afterAll(() => world?.stop());
  afterEach(async () => {
    await world.clear();
    expect(await world.leftovers()).toEqual([]);
  });
  const target = (more: Partial<DockerOptions> = {}) => world.target(more);
  const wanted = (name: string, model: string, more: Partial<Wanted> = {}) => world.wanted(name, model, more);
  const leftovers = () => world.leftovers();

  async function ask(url: string): Promise<{ readonly status: number; readonly body: string }> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/invocations`, { method: "POST", headers, body: BODY });
    return { status: answer.status, body: await answer.text() };
  }

  test("serves, says how it is, changes without a lost request, goes back, and leaves nothing", async () => {
    expect(await target().plan(wanted("pix", "dart"))).toEqual(["serve models:/dart/1 as pix"]);
    const first = await target().apply(wanted("pix", "dart"));
    expect(first).toMatchObject({ state: "serving", generation: 1, restarts: 0, wanted: wanted("pix", "dart") });
    const url = first.url ?? "";
    const dart = await ask(url);
    expect(dart).toMatchObject({ status: 200, body: expect.stringContaining("predictions") });
    expect(await target().plan(wanted("pix", "dart"))).toEqual([]);
    expect(await target().apply(wanted("pix", "dart"))).toEqual(first);
    expect((await target().observe("pix"))?.primary).toMatchObject({ requests: 1, failed: 0 });
    expect((await target().logs("pix", 5)).join("\n")).toContain("Serving");

    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const answers = new Map<string, number>();
    let isOver = false;
    const asking = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const said = await new Promise<string>((resolve) => {
          const headers = { "content-type": "application/json" };
          const sent = request(`${url}/invocations`, { method: "POST", agent, headers }, async (answer) =>
            resolve(`${answer.statusCode} ${await text(answer).catch((error: Error) => error.message)}`),
          );
          sent.on("error", (error) => resolve(error.message));
          sent.end(BODY);
        });
        answers.set(said, (answers.get(said) ?? 0) + 1);
      }
    });
    const second = await target().apply(wanted("pix", "forest"));
    expect(second).toMatchObject({ state: "serving", generation: 2, url, former: wanted("pix", "dart") });
    const forest = await ask(url);
    for (let n = 0; n < 2; n++) {
      expect(await target().rollback("pix")).toMatchObject({ wanted: wanted("pix", n === 0 ? "dart" : "forest"), url });
    }
    isOver = true;
    await Promise.all(asking);
    agent.destroy();
    expect([...answers.keys()].sort()).toEqual([`200 ${dart.body}`, `200 ${forest.body}`].sort());
    expect(await target().list()).toHaveLength(1);
    expect(await target().remove("pix")).toBe(true);
    expect(await target().remove("pix")).toBe(false);
    expect(await target().status("pix")).toBeUndefined();
  });

  test("what cannot be served leaves what was before, and says what the container said", async () => {
    const broken = target({ settings: { env: { ESTEIRA_MODEL: "/nowhere" } } });
    await expect(broken.apply(wanted("pix", "dart"))).rejects.toThrow(
      /is as it was: its container (ended with code 2|ends whenever it is started):\n.*nowhere/,
    );
    expect(await leftovers()).toEqual([]);
    const first = await target().apply(wanted("pix", "dart"));
    await expect(broken.apply(wanted("pix", "forest"))).rejects.toMatchObject({ code: "INVALID_PARAMETER_VALUE" });
    expect(await target().status("pix")).toEqual(first);
    expect((await ask(first.url ?? "")).status).toBe(200);
    await expect(target().rollback("pix")).rejects.toThrow("there is nothing before it");
    const absent = { ...wanted("pix", "dart"), image: `${world.registry.host}/fraud/none:1` };
    await expect(target().apply(absent)).rejects.toThrow("does not pull");
    const taken = target().apply(wanted("other", "dart", { port: Number(new URL(first.url ?? "").port) }));
    await expect(taken).rejects.toThrow(/cannot be changed.*does not open port/);
    expect(await target().status("other")).toBeUndefined();
  });

  test("the container may do as little as there is", async () => {
    const settings = { memory: 300 * 1024 * 1024, cpus: 0.5 };
    await target({ settings }).apply(wanted("pix", "dart"));
    const wire = z.object({
      Config: z.object({ User: z.string() }),
      HostConfig: z.object({
        ...{ ReadonlyRootfs: z.boolean(), Memory: z.number(), NanoCpus: z.number(), PidsLimit: z.number() },
        RestartPolicy: z.object({ Name: z.string() }),
      }),
    });
    const call = { method: "GET", path: "/containers/esteira-pix-blue/json", doing: "look" } as const;
    expect(await engine.call(call, wire)).toEqual({
      Config: { User: "65532:65532" },
      HostConfig: {
        ...{ ReadonlyRootfs: true, Memory: settings.memory, NanoCpus: 5e8, PidsLimit: 256 },
        RestartPolicy: { Name: "unless-stopped" },
      },
    });
    const script = 'console.log(require("fs").readFileSync("/proc/1/status", "utf8"))';
    const status = await containerCalls(engine).said("esteira-pix-blue", script, "look");
    expect(status).toMatch(/^CapBnd:\t0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await target().plan(wanted("pix", "dart"))).toEqual([]);
    expect(await target({ settings: { cpus: 1 } }).plan(wanted("pix", "dart"))).toEqual(["change its cpus"]);
  });

  test("a container or a front that ends is started again, at the same address", async () => {
    const { url = "" } = await target().apply(wanted("pix", "dart"));
    for (const name of ["esteira-pix-blue", "esteira-pix-front"]) {
      // As if it had ended by itself: an end that is asked for is not undone.
      await engine.tell({
        ...{ method: "POST", path: `/containers/${name}/restart`, query: { t: "0" } },
        doing: "restart",
      });
      await expect.poll(async () => (await ask(url).catch(() => undefined))?.status, { timeout: 60_000 }).toBe(200);
    }
    expect(await target().status("pix")).toMatchObject({ state: "serving", url });
  });

  test("another port, an older change, and a change that somebody else has begun", async () => {
    const first = await target().apply(wanted("pix", "dart"), { order: 5 });
    const port = await freePort();
    const moved = await target().apply(wanted("pix", "dart", { port }), { order: 6 });
    expect(moved.url).toBe(`http://127.0.0.1:${port}`);
    expect((await ask(moved.url ?? "")).status).toBe(200);
    await expect(ask(first.url ?? "")).rejects.toThrow();
    await expect(target().apply(wanted("pix", "forest"), { order: 5 })).rejects.toThrow(
      "Change 5 of the deployment pix comes after change 6, which is newer: it is not made.",
    );
    // One waits for the other; who may not wait for long is told so.
    const [patient, impatient] = await Promise.allSettled([
      target().apply(wanted("pix", "forest")),
      target({ waitMs: 0 }).apply(wanted("pix", "dart", { port })),
    ]);
    const refused = [patient, impatient].filter(({ status }) => status === "rejected");
    expect(refused).toMatchObject(refused.map(() => ({ reason: { code: "TEMPORARILY_UNAVAILABLE" } })));
    expect(patient.status).toBe("fulfilled");
    expect(await target().status("pix")).toMatchObject({ state: "serving", wanted: { model: "models:/forest/1" } });
    expect(await target().remove("pix", { order: 7 })).toBe(true);
    await expect(target().apply(wanted("pix", "dart"), { order: 6 })).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  test("a signal stops a change, and what was deployed is as it was", async () => {
    const first = await target().apply(wanted("pix", "dart"));
    const stop = new AbortController();
    const changing = target().apply(wanted("pix", "forest"), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 200);
    await expect(changing).rejects.toThrow("enough");
    expect(await target().status("pix")).toEqual(first);
    expect((await leftovers()).sort()).toEqual(["/esteira-pix-blue", "/esteira-pix-front", "esteira-pix"]);
  });

  test.each([
    [
      { canary: { model: "models:/forest/1", share: 0.1 } },
      "No image is known of models:/forest/1: build one first (esteira build -m models:/forest/1 -t REF), or name it with --canary-image.",
    ],
    [{ shadow: "models:/forest/1" }, "or name it with --shadow-image"],
    [{ image: undefined }, "build one first (esteira build -m models:/dart/1 -t REF)"],
    [{ name: "Pix" }, "cannot be the name of a deployment in containers"],
    [{ image: "pix; rm -rf /" }, "is no image name"],
  ])("%j is refused in a sentence", async (more, sentence) => {
    const { image, ...rest } = { ...wanted("pix", "dart"), ...more };
    await expect(target().apply({ ...rest, ...(image === undefined ? {} : { image }) })).rejects.toThrow(sentence);
    expect(await leftovers()).toEqual([]);
  });

  test.skipIf(missing("docker-compose"))("a compose file runs the same container", async () => {
    const port = await freePort();
    const exported = [
      "deploy",
      "docker",
      "models:/dart/1",
      "-n",
      "pix",
      "--image",
      world.image("dart"),
      "-p",
      String(port),
    ];
    const env = { HOME: world.root, DOCKER_HOST: world.host };
    expect((await runEsteira(world.root, [...exported, "--export", "compose", "-o", "compose"], env)).code).toBe(0);
    const compose = (...args: readonly string[]) =>
      run("docker-compose", args, { cwd: join(world.root, "compose"), env: { ...process.env, ...env } });
    try {
      await compose("up", "-d");
      const status = async () => (await ask(`http://127.0.0.1:${port}`).catch(() => undefined))?.status;
      await expect.poll(status, { timeout: 60_000 }).toBe(200);
      // Podman looks after a container's health by systemd, which need not be there.
      if (process.env.ESTEIRA_TEST_ENGINE === "podman") return;
      const health = async () => (await compose("ps")).stdout;
      await expect.poll(health, { timeout: 90_000, interval: 1000 }).toContain("(healthy)");
    } finally {
      await compose("down");
    }
  });

  test("esteira deploy docker, status, logs, rollback and remove", async () => {
    const esteira = (...args: readonly string[]) =>
      runEsteira(world.root, ["deploy", ...args], { HOME: world.root, DOCKER_HOST: world.host });
    const deploy = (model: string, ...more: readonly string[]) =>
      esteira("docker", `models:/${model}/1`, "-n", "pix", "--image", world.image(model), ...more);
    const dry = await deploy("dart", "--dry-run");
    expect(dry).toMatchObject({ code: 0, stdout: "serve models:/dart/1 as pix\n" });
    expect((await deploy("dart", "--memory", "400m")).stdout).toMatch(/^pix {2}models:\/dart\/1 {2}serving {2}http:/);
    expect((await deploy("forest")).stdout).toContain("models:/forest/1");
    const on = ["-n", "pix", "--target", "docker"];
    expect((await esteira("status", ...on)).code).toBe(0);
    expect((await esteira("logs", ...on)).stdout).toContain("Serving");
    expect((await esteira("rollback", ...on)).stdout).toContain("models:/dart/1");
    expect((await esteira("list", "--target", "docker")).stdout).toContain("models:/dart/1");
    expect((await esteira("remove", ...on)).stdout).toContain("has ended");
  });
});
