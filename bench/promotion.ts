/**
 * What a promotion takes, from the request to the answer: an alias under a policy with signed evidence is moved between two versions,
 * whose files the server holds and reads again each time. SQLite by default.
 *
 *   npm run bench -- promotion [--promotions 500] [--megabytes 2] [--backend postgresql://...]
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { canonicalJson } from "@esteira/core/timeline/json";
import { quantileOfSorted } from "@esteira/models/evaluation/interval";
import { modelDigest } from "@esteira/models/format/digest";
import { createClient } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { fingerprint } from "@esteira/store/timeline/checkpoint";
import { send } from "./call.ts";
import { printFigure, printMachine } from "./figure.ts";
import { packCommand, startOwnServer } from "./own-server.ts";

const TARGET_MS = 50;
const { values: options } = parseArgs({
  options: {
    promotions: { type: "string", default: "500" },
    megabytes: { type: "string", default: "2" },
    backend: { type: "string" },
  },
});
const promotions = Number(options.promotions);
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-promotion-"));
printMachine();
const backend = options.backend ?? `sqlite:///${join(folder, "bench.db")}`;
const args = ["--backend-store-uri", backend, "--artifacts-destination", join(folder, "artifacts")];
const served = await startOwnServer(await packCommand(), folder, args);
try {
  const model = join(folder, "model");
  await mkdir(model);
  await writeFile(join(model, "MLmodel"), "flavors:\n  xgboost:\n    data: model.ubj\n");
  await writeFile(join(model, "model.ubj"), Buffer.alloc(Number(options.megabytes) * 2 ** 20, 7));
  const digest = await modelDigest(model);
  const client = createClient({ baseUrl: served.url });
  const experimentId = await client.experiments.create({ name: "bench" });
  await client.registeredModels.create({ name: "pix" });
  const ci = generateKeyPairSync("ed25519");
  const key = ci.publicKey.export({ format: "der", type: "spki" }).toString("base64");
  await client.policies.set("pix", { aliases: ["champion"], evidence: { keys: [fingerprint(key)] } });
  for (const version of [1, 2]) {
    const logged = await client.loggedModels.create({ experimentId, name: "model" });
    await uploadFolder(client, model, logged.artifactUri);
    await client.loggedModels.finalize(logged.modelId, "LOGGED_MODEL_READY");
    const tags = [{ key: "esteira.model.sha256", value: digest }];
    await client.modelVersions.create({
      ...{ name: "pix", source: `models:/${logged.modelId}`, modelId: logged.modelId, tags },
    });
    const digests = { model: digest, data: "d", gate: "g", code: "c" };
    const evidence = { format: 1, name: "pix", version, at: Date.now(), outcome: "passed", digests } as const;
    const signature = sign(null, Buffer.from(canonicalJson(evidence)), ci.privateKey).toString("base64");
    await client.policies.submitEvidence({ evidence, key, signature });
  }
  const agent = new Agent({ keepAlive: true });
  const times = new Float64Array(promotions);
  const path = "/api/2.0/mlflow/registered-models/alias";
  for (let turn = -50; turn < promotions; turn++) {
    const body = { name: "pix", alias: "champion", version: String((Math.abs(turn) % 2) + 1) };
    const begun = performance.now();
    await send(agent, served.url, { method: "POST", path, body });
    if (turn >= 0) times[turn] = performance.now() - begun;
  }
  agent.destroy();
  times.sort();
  const [p50, p99] = [quantileOfSorted(times, 0.5), quantileOfSorted(times, 0.99)];
  printFigure({
    name: `a promotion under a policy, its ${options.megabytes} MiB of model read again, ${promotions} times, p99`,
    target: `< ${TARGET_MS} ms`,
    measured: `${p99.toFixed(1)} ms (p50 ${p50.toFixed(1)} ms)`,
    isMet: p99 < TARGET_MS,
  });
} finally {
  await served.close();
  await rm(folder, { recursive: true, force: true });
}
