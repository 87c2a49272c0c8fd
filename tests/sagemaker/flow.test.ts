import { once } from "node:events";
import { join } from "node:path";
import type { Flow } from "@esteira/core/flow/entity";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRegistry, type TestRegistry } from "../containers/docker-registry.ts";
import { missing } from "../containers/programs.ts";
import {
  command,
  flowsOf,
  type Kind,
  type Running,
  registerVersion,
  requestBody,
  startCommand,
  writeFlowWorld,
} from "../default/flow-world.testing.ts";
import { nowhere, startWorld, type World } from "./world.ts";

const IS_REAL = process.env.ESTEIRA_TEST_AWS === "1";
const FLOW = [
  "target: sagemaker",
  "gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }",
  "approval: true",
  "canary: { share: 0.5, requests: 5, max_failed_share: 0 }",
];

// At AWS itself the images of a flow's versions would have to be in its registry.
describe.skipIf(IS_REAL || nowhere() !== undefined || missing("docker-registry") !== undefined)(
  "a deployment flow to endpoints of SageMaker",
  { timeout: 900_000 },
  () => {
    let world: World;
    let registry: TestRegistry;
    let server: RunningServer;
    let client: Client;
    let worker: Running;
    let flows: ReturnType<typeof flowsOf>;
    let env: Record<string, string>;

    beforeAll(async () => {
      [world, registry] = await Promise.all([startWorld(), startRegistry()]);
      const { root } = world;
      await writeFlowWorld(root, FLOW);
      server = await startServer({
        ...{ host: "127.0.0.1", port: 0 },
        backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
        artifactsDestination: join(root, "artifacts"),
      });
      client = createClient({ baseUrl: server.url });
      env = { ...world.env, MLFLOW_TRACKING_URI: server.url, NODE_OPTIONS: "" };
      await client.registeredModels.create({ name: "pix" });
      const set = await command(["flow", "set", join(root, "flow.yaml"), "-m", "pix"], env);
      expect(set, set.said).toMatchObject({ code: 0 });
      worker = startCommand(["flow", "work", "--target", "sagemaker", "--role", world.role, "--lease", "10"], env);
      flows = flowsOf(client, () => worker.said());
    }, 300_000);
    afterAll(async () => {
      worker?.child.kill("SIGTERM");
      if (worker?.child.exitCode === null) await once(worker.child, "exit");
      await server?.close();
      await registry?.stop();
      await world?.stop();
    }, 120_000);

    /** A version whose image is in the registry, from where the stand-in's containers are started too. */
    async function begin(kind: Kind): Promise<Flow> {
      const version = await registerVersion(client, world.root, kind);
      const name = `${registry.host}/fraud/pix:${version}`;
      const layout = join(world.root, `flow-image-${version}`);
      const build = ["build", "--sagemaker", "-m", `models:/pix/${version}`, "-t", name];
      for (const place of [["-o", layout], []]) {
        const built = await command([...build, ...place], env);
        expect(built, built.said).toMatchObject({ code: 0 });
      }
      const { tags } = await client.modelVersions.get("pix", version);
      world.fleet?.images.set(tags.find(({ key }) => key === "esteira.image")?.value ?? "", { layout, tag: version });
      return flows.begun(version);
    }
    test("is approved, judged by what CloudWatch says, promoted, and rolled back", async () => {
      const target = world.target();
      const serving = async () => (await target.status("pix"))?.wanted.model;
      const first = await begin("good");
      await flows.until(first.id, ({ work }) => work === "approval");
      expect((await target.status("pix-staging"))?.state).toBe("serving");
      await client.flows.decide("pix", first.id, "approve");
      expect(await flows.hasEnded(first.id)).toMatchObject({ outcome: "promoted" });
      expect(await serving()).toBe("models:/pix/1");
      expect(await target.status("pix-staging")).toBeUndefined();

      const failed: unknown[] = [];
      let isOver = false;
      const calling = (async () => {
        while (!isOver) {
          await world.invoke("pix", requestBody).catch((error: unknown) => failed.push(error));
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      })();
      const second = await begin("odd");
      await flows.approve(second.id);
      expect(await flows.hasEnded(second.id)).toMatchObject({ outcome: "promoted", former: "1" });
      expect(await serving()).toBe("models:/pix/2");
      const { steps } = await client.flows.get("pix", second.id);
      const judged = steps.find(({ work, ending }) => work === "judge" && ending === "done");
      expect(judged?.result).toMatchObject({ canary: { failed: 0 } });
      await client.flows.end("pix", second.id, "rollback", "alerts doubled");
      expect(await flows.hasEnded(second.id)).toMatchObject({ outcome: "rolled-back" });
      expect(await serving()).toBe("models:/pix/1");
      isOver = true;
      await calling;
      expect(failed).toEqual([]);
    });
  },
);
