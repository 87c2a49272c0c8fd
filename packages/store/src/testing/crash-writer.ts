import { Readable } from "node:stream";
import { experimentId } from "@esteira/core/ids";
import { localArtifactStore } from "../artifacts/local.ts";
import { openStore } from "../open.ts";

/**
 * Run as a process of its own, to be killed: writes from many sides at once, and prints a line for each write that was
 * acknowledged. Arguments: the database's URI, the folder of the artifacts, the name of the round.
 */
const [uri = "", folder = "", round = ""] = process.argv.slice(2);
const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
const artifacts = localArtifactStore(folder);
const acknowledge = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(" ")}\n`);

async function forever(work: (step: number) => Promise<void>): Promise<void> {
  for (let step = 0; ; step++) await work(step);
}

const newRun = async (name: string) => {
  const tags = [{ key: "round", value: round }];
  return (await store.createRun({ experimentId: experimentId("0"), userId: "", runName: name, startTime: 0, tags }))
    .info.runId;
};

const logMetrics = async (writer: number) => {
  const run = await newRun(`writer ${writer}`);
  await forever(async (step) => {
    const metrics = ["a", "b"].map((key) => ({ key, value: step, timestamp: 1, step }));
    await store.logBatch(run, { metrics, params: [{ key: `p${step}`, value: String(step) }], tags: [] });
    acknowledge("batch", run, step);
  });
};

const createRuns = () =>
  forever(async (step) => {
    const run = await newRun(`run ${step}`);
    await store.updateRun(run, { status: "FINISHED", endTime: step + 1 });
    acknowledge("run", run, step + 1);
  });

const promote = async () => {
  const name = `model ${round}`;
  await store.createRegisteredModel({ name, tags: [] });
  await forever(async (step) => {
    const { version } = await store.createModelVersion({
      name,
      source: "s3://b",
      tags: [{ key: "n", value: `${step}` }],
    });
    await store.transitionStage(name, version, { stage: "Production", archiveExistingVersions: true });
    acknowledge("production", round, version);
  });
};

const upload = (writer: number) =>
  forever(async (step) => {
    const path = `${round}/${writer}/${step}.bin`;
    await artifacts.write(path, Readable.from(contentOf(step)));
    acknowledge("artifact", path, step);
  });

function* contentOf(step: number): Generator<Buffer> {
  for (let block = 0; block < 4; block++) yield Buffer.alloc(50_000, step);
}

await Promise.all([
  ...Array.from({ length: 6 }, (_, n) => logMetrics(n)),
  createRuns(),
  promote(),
  upload(0),
  upload(1),
]);
