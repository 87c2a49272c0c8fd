import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle, findPrometheusPackages } from "./oracle.ts";
import { type Peer, startEsteira, startMlflow } from "./servers.ts";

const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const packages = "python" in oracle ? findPrometheusPackages(python) : undefined;
const missing = "missing" in oracle ? oracle.missing : "no prometheus-flask-exporter; run tests/compat/oracle.sh";

/** Prometheus's own client reads the text: `[name, labels, value]` of every sample. */
const READ = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
print(json.dumps([[s.name, s.labels, s.value] for f in text_string_to_metric_families(sys.stdin.read()) for s in f.samples]))
`;

type Sample = readonly [name: string, labels: Readonly<Record<string, string>>, value: number];

const CALLS: readonly (readonly [method: string, path: string, body?: object])[] = [
  ["GET", "/api/2.0/mlflow/experiments/get?experiment_id=0"],
  ["GET", "/api/2.0/mlflow/experiments/get?experiment_id=77"],
  ["POST", "/api/2.0/mlflow/experiments/create", { name: "counted" }],
  ["POST", "/api/2.0/mlflow/experiments/create", { name: "counted" }],
  ["GET", "/health"],
];

describe.skipIf(packages === undefined)(
  `MLflow's metrics${packages === undefined ? ` (skipped: ${missing})` : ""}`,
  () => {
    let ours: Peer;
    let theirs: Peer;
    beforeAll(async () => {
      const exposed = { workers: 1, env: { PYTHONPATH: packages }, args: ["--expose-prometheus", "./metrics"] };
      [ours, theirs] = await Promise.all([startEsteira(), startMlflow(python, exposed)]);
    });
    afterAll(async () => {
      await ours?.close();
      await theirs?.close();
    });

    async function samplesAfterCalls(url: string): Promise<readonly Sample[]> {
      for (const [method, path, body] of CALLS) {
        const json = { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
        await (await fetch(url + path, { method, ...(body === undefined ? {} : json) })).text();
      }
      const input = await (await fetch(`${url}/metrics`)).text();
      const text = execFileSync(python, ["-c", READ], {
        input,
        encoding: "utf8",
        env: { ...process.env, PYTHONPATH: packages },
      });
      return JSON.parse(text) as readonly Sample[];
    }

    /** Without what a clock decides: how many requests fell below a bound, and the sum of their times. */
    const comparable = (samples: readonly Sample[]) =>
      samples
        .filter(([name]) => name.startsWith("mlflow_http_request_"))
        .map(([name, labels, value]) => {
          const timed = name.endsWith("_sum") || (labels.le !== undefined && labels.le !== "+Inf");
          // One writes "1.0" and the other "1"; both mean the number.
          const le = labels.le === undefined ? {} : { le: String(Number(labels.le.replace("+Inf", "Infinity"))) };
          return JSON.stringify([name, Object.entries({ ...labels, ...le }).sort(), timed ? "timed" : value]);
        })
        .sort();

    it("are offered by the same names, with the same labels, buckets and counts", async () => {
      const expected = comparable(await samplesAfterCalls(theirs.url));
      expect(expected.length).toBeGreaterThan(30);
      expect(comparable(await samplesAfterCalls(ours.url))).toEqual(expected);
    });
  },
);
