import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { placeOf } from "@esteira/models/serving/traffic";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BODY, type DockerWorld, startDockerWorld } from "./docker-world.ts";
import { noEngine } from "./dockerd.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
/** How often it goes round; a soak asks for more. */
const ROUNDS = Number(process.env.ESTEIRA_TEST_ROUNDS || "2");

describe.skipIf(noEngine())("requests between versions in containers of a real Docker", { timeout: 3_600_000 }, () => {
  let world: DockerWorld;
  beforeAll(async () => {
    world = await startDockerWorld();
  });
  afterAll(() => world?.stop());
  const ends: (() => void)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) end();
    await world.clear();
    expect(await world.leftovers()).toEqual([]);
  });

  const canary = (model: string, share: number) => ({
    canary: { model: `models:/${model}/1`, share, image: world.image(model) },
  });
  const shadow = (model: string) => ({ shadow: `models:/${model}/1`, shadowImage: world.image(model) });

  async function ask(url: string, key: string): Promise<string> {
    const headers = { "content-type": "application/json", "x-esteira-key": key };
    const answer = await fetch(`${url}/invocations`, { method: "POST", headers, body: BODY });
    await answer.arrayBuffer();
    return `${answer.status} ${answer.headers.get("x-esteira-variant")}`;
  }

  /** Asks until `stop`, each time with another key; what was answered, by status. */
  function callers(url: string) {
    const seen = new Map<string, number>();
    let isOver = false;
    ends.push(() => {
      isOver = true;
    });
    const asking = Array.from({ length: 2 }, async (_, of) => {
      for (let n = 0; !isOver; n++) {
        const said = await ask(url, `payer ${of} ${n}`).then(
          (answer) => answer.slice(0, 3),
          (error: Error) => `${error.message} ${String(error.cause)}`,
        );
        seen.set(said, (seen.get(said) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    return async () => {
      isOver = true;
      await Promise.all(asking);
      return seen;
    };
  }

  test("a canary has exactly its share, by the caller; a shadow is compared; then all, and back, without a lost request", async () => {
    const { target, wanted } = world;
    const { url = "" } = await target().apply(wanted("pix", "dart"));
    const stop = callers(url);
    const keys = Array.from({ length: 80 }, (_, n) => `customer ${n}`);
    const young = async () => {
      const answers = await Promise.all(keys.map((key) => ask(url, key)));
      return keys.filter((_, at) => answers[at] === "200 canary");
    };

    const fifth = { ...wanted("pix", "dart", canary("forest", 0.2)), ...shadow("forest") };
    expect(await target().plan(fifth)).toEqual([
      "begin models:/forest/1 as the canary of 20 % of the requests",
      "let models:/forest/1 be the shadow",
    ]);
    expect(await target().apply(fifth)).toMatchObject({ state: "serving", generation: 2, url, wanted: fifth });
    const few = await young();
    const within = (share: number) => keys.filter((key) => placeOf(key) < share);
    expect(few).toEqual(within(0.2));
    await expect
      .poll(async () => (await target().observe("pix"))?.shadow.compared, { timeout: 60_000 })
      .toBeGreaterThan(0);
    const seen = await target().observe("pix");
    expect(seen).toMatchObject({
      generation: 2,
      canary: { failed: 0 },
      shadow: { difference: { max: expect.any(Number) } },
    });
    expect(seen?.canary.requests).toBeGreaterThan(few.length - 1);

    const half = await target().apply(wanted("pix", "dart", canary("forest", 0.5)));
    expect(half).toMatchObject({ state: "serving", generation: 3, restarts: 0 });
    const more = await young();
    expect(more).toEqual(within(0.5));

    // The canary's own container answers all: it was warm, and was not started again.
    const before = (await world.leftovers()).filter((name) => name.includes("green"));
    expect(await target().apply(wanted("pix", "forest"))).toMatchObject({ state: "serving", generation: 4 });
    expect((await world.leftovers()).sort()).toEqual([...before, "/esteira-pix-front", "esteira-pix"].sort());
    expect(await ask(url, "a")).toBe("200 primary");
    expect((await target().observe("pix"))?.primary.failed).toBe(0);
    // What was before is the half: both versions and their router again.
    expect(await target().rollback("pix")).toMatchObject({ wanted: { canary: { share: 0.5 } }, restarts: 0 });
    expect(await young()).toEqual(more);
    expect([...(await stop()).keys()]).toEqual(["200"]);
  });

  test("what served before stays beside where it is to, and is gone when it is not to", async () => {
    const { target, wanted } = world;
    const standby = target({ settings: { standby: true } });
    await standby.apply(wanted("pix", "dart"));
    await standby.apply(wanted("pix", "forest"));
    const both = ["/esteira-pix-blue", "/esteira-pix-front", "/esteira-pix-green", "esteira-pix"];
    expect((await world.leftovers()).sort()).toEqual(both);
    expect(await standby.rollback("pix")).toMatchObject({ wanted: { model: "models:/dart/1" }, state: "serving" });
    expect((await world.leftovers()).sort()).toEqual(both);
    await target({ settings: { standby: false } }).apply(wanted("pix", "dart"));
    expect((await world.leftovers()).sort()).toEqual(both.filter((name) => !name.includes("green")));
  });

  test("a canary is watched by the command that deploys it, which takes it back, or promotes it", async () => {
    const { target, wanted } = world;
    const { url = "" } = await target().apply(wanted("pix", "dart"));
    const stop = callers(url);
    const versions = ["models:/dart/1", "-n", "pix", "--image", world.image("dart")];
    const young = ["--canary", "models:/forest/1", "--canary-image", world.image("forest"), "--share", "50"];
    const deploy = async (...limits: readonly string[]) => {
      const child = spawn(process.execPath, [COMMAND, "deploy", "docker", ...versions, ...young, ...limits], {
        env: { ...process.env, NODE_OPTIONS: "", HOME: world.root, DOCKER_HOST: world.host },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [out, notes, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
      return { code, said: out + notes };
    };
    const watched = ["--requests", "10", "--dwell", "1"];
    const back = await deploy(...watched, "--max-difference", "0.000001");
    expect(back, back.said).toMatchObject({ code: 3 });
    expect(back.said).toMatch(/its answers differ by .*: models:\/dart\/1 answers all/);
    expect((await target().status("pix"))?.wanted).toEqual(wanted("pix", "dart"));
    const promoted = await deploy(...watched, "--steps", "80");
    expect(promoted, promoted.said).toMatchObject({ code: 0 });
    expect(promoted.said).toMatch(/: 80 % from now on\n[\s\S]*: models:\/forest\/1 answers all/);
    expect((await target().status("pix"))?.wanted).toEqual(wanted("pix", "forest"));
    expect([...(await stop()).keys()]).toEqual(["200"]);
  });

  /** `esteira deploy docker`, killed as soon as the engine has what `is` waits for. */
  async function killed(model: string, is: () => Promise<boolean>): Promise<void> {
    const args = ["deploy", "docker", `models:/${model}/1`, "-n", "pix", "--image", world.image(model)];
    const child: ChildProcess = spawn(process.execPath, [COMMAND, ...args], {
      env: { ...process.env, NODE_OPTIONS: "", HOME: world.root, DOCKER_HOST: world.host },
      stdio: "ignore",
    });
    const exit = once(child, "exit");
    while (child.exitCode === null && !(await is())) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill("SIGKILL");
    expect(await exit).toEqual([null, "SIGKILL"]);
  }

  test("a command that is killed in the middle holds nobody up: the next one undoes what it began, or ends it", async () => {
    const { target, wanted } = world;
    const first = await target().apply(wanted("pix", "dart"));
    const stop = callers(first.url ?? "");
    await killed("forest", async () => (await world.leftovers()).includes("/esteira-pix-green"));
    expect((await target().status("pix"))?.wanted).toEqual(wanted("pix", "dart"));
    expect(await target().apply(wanted("pix", "dart"))).toEqual(first);
    expect((await world.leftovers()).sort()).toEqual(["/esteira-pix-blue", "/esteira-pix-front", "esteira-pix"]);

    // Once there is a record of the change, it holds: whoever comes next brings it about.
    await killed("forest", async () => (await world.volumes()).includes("esteira-pix-change-2"));
    expect((await target().status("pix"))?.wanted).toEqual(wanted("pix", "forest"));
    const second = await target().apply(wanted("pix", "forest"));
    expect(second).toMatchObject({ state: "serving", generation: 2, former: wanted("pix", "dart") });
    expect((await world.leftovers()).filter((name) => name.startsWith("/"))).toHaveLength(2);
    expect([...(await stop()).keys()]).toEqual(["200"]);
  });

  test("two changes at once are made one after the other, and neither half", async () => {
    const { target, wanted } = world;
    const { url = "" } = await target().apply(wanted("pix", "dart"));
    const stop = callers(url);
    const [one, two] = await Promise.all([
      target().apply(wanted("pix", "forest")),
      target().apply(wanted("pix", "dart", canary("forest", 0.5))),
    ]);
    expect([one.generation, two.generation].sort()).toEqual([2, 3]);
    expect(await target().status("pix")).toEqual(one.generation === 3 ? one : two);
    expect([...(await stop()).keys()]).toEqual(["200"]);
  });

  test(`${ROUNDS} rounds of a canary, all, a swap and the way back under load lose no request`, async () => {
    const { target, wanted } = world;
    const { url = "" } = await target().apply(wanted("pix", "dart"));
    const stop = callers(url);
    for (let round = 0; round < ROUNDS; round++) {
      const [old, young] = round % 2 === 0 ? ["dart", "forest"] : ["forest", "dart"];
      await target().apply(wanted("pix", old, canary(young, 0.25)));
      if (round % 4 < 2) await target().apply(wanted("pix", young));
      else {
        await target().rollback("pix");
        await target().apply(wanted("pix", young));
      }
      if (round % 10 === 9) console.info(`${round + 1} rounds`);
    }
    const seen = await stop();
    console.info(`${ROUNDS} rounds: ${JSON.stringify([...seen])}`);
    expect([...seen.keys()]).toEqual(["200"]);
  });
});
