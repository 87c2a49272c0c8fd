import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { RunId } from "@esteira/core/ids";
import { openArtifactStore } from "@esteira/store/artifacts/open";
import { openStore } from "@esteira/store/open";
import { expect, test } from "vitest";
import { dbGc } from "../../packages/cli/src/commands/db-gc.ts";
import { newBucket, s3Home } from "./bucket.ts";

test.skipIf(s3Home === undefined)("artifacts in S3 go with their runs, and no others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-gc-s3-"));
  const bucket = await newBucket();
  const uri = `sqlite:///${join(folder, "mlflow.db")}`;
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  const direct = await store.createExperiment({ name: "d", tags: [], artifactLocation: `s3://${bucket.name}/direct` });
  const served = await store.createExperiment({ name: "s", tags: [] });
  const artifacts = openArtifactStore(`s3://${bucket.name}`, process.env);
  const ids: RunId[] = [];
  for (const experimentId of [direct, served, direct, served]) {
    const { info } = await store.createRun({ experimentId, userId: "", startTime: 1, tags: [] });
    const at = info.artifactUri.replace(`s3://${bucket.name}/`, "").replace("mlflow-artifacts:/", "served/");
    await artifacts.write(`${at}/model/data.bin`, Readable.from(Buffer.alloc(1000)));
    await artifacts.write(`${at}/note.txt`, Readable.from("x"));
    ids.push(info.runId);
  }
  for (const id of ids.slice(0, 2)) await store.deleteRun(id);
  const said: string[] = [];
  const terminal = {
    env: process.env,
    out: (line: string) => void said.push(line),
    note: (line: string) => void said.push(line),
    interrupted: () => new Promise<"SIGTERM">(() => undefined),
  };
  const values = { backendStoreUri: uri, artifactsDestination: `s3://${bucket.name}/served` };
  expect(await dbGc.run({ ...values, dryRun: true }, terminal)).toBe(0);
  expect(said.at(-1)).toContain("Would remove 2 runs, 0 logged models, 0 experiments and 2002 bytes");
  expect(await dbGc.run(values, terminal)).toBe(0);
  const left = (await readdir(bucket.folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const owners = new Set(left.flatMap((entry) => ids.filter((id) => entry.parentPath.includes(id))));
  expect([...owners].sort()).toEqual(ids.slice(2).sort());
  await store.close();
  await bucket.remove();
  await rm(folder, { recursive: true });
});
