import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startServingProcess } from "../../packages/cli/src/serving/serving-process.ts";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { findOracle } from "./oracle.ts";
import { freePort } from "./servers.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const ENV = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", MLFLOW_DISABLE_TELEMETRY: "true", PYTHONHASHSEED: "0" };

if ("missing" in oracle) it.skip(`Python beside the server (skipped: ${oracle.missing})`);

interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** The processes that a process has started, and theirs. */
async function descendants(pid: number): Promise<number[]> {
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = listed.split(" ").filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendants))).flat()];
}

describe.skipIf("missing" in oracle)("a model that only Python scores", () => {
  let root: string;
  const started: ChildProcess[] = [];
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-sidecar-"));
    const script = fileURLToPath(new URL("sidecar.py", import.meta.url));
    await promisify(execFile)(python, ["-W", "ignore", script, root], { cwd: root, env: ENV });
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  /** A server as a process, once it says where it listens. */
  async function start(file: string, args: readonly string[], address: RegExp, env = {}) {
    const child = spawn(file, args, { cwd: root, env: { ...ENV, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    started.push(child);
    let said = "";
    const listen = (text: Buffer): void => {
      said += text.toString();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    await expect
      .poll(() => address.test(said) || child.exitCode !== null, { timeout: 600_000, interval: 100 })
      .toBe(true);
    const url = address.exec(said)?.[1];
    if (url === undefined) throw new Error(`The server ended: ${said}`);
    return { url, child, said: () => said };
  }
  const serve = (name: string, ...args: readonly string[]) =>
    start(
      process.execPath,
      [
        COMMAND,
        "models",
        "serve",
        "-m",
        join(root, name),
        "-p",
        "0",
        "--engine",
        "python",
        "--python",
        python,
        ...args,
      ],
      /at (http:\S+)/,
    );
  const serveByMlflow = async (name: string) =>
    start(
      python,
      ["-m", "uvicorn", "--port", String(await freePort()), "mlflow.pyfunc.scoring_server.app:app"],
      /running on (http:\S+)/,
      { __pyfunc_model_path__: join(root, name) },
    );

  const invoke = async (url: string, body: string | Buffer<ArrayBuffer>, type = "application/json"): Promise<Reply> => {
    const answer = await fetch(`${url}/invocations`, { method: "POST", headers: { "content-type": type }, body });
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  };
  const told = (what: string | readonly string[], params?: object): string =>
    JSON.stringify({ inputs: { what: [what].flat() }, ...(params && { params }) });
  const answerTo = async (url: string, what: string): Promise<string> => {
    const { status, text } = await invoke(url, told(what));
    expect(status, text).toBe(200);
    return (JSON.parse(text) as { predictions: string[] }).predictions[0]!;
  };
  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  const gone = (pid: number) => expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);

  it("answers as MLflow's server does, to the letter", async () => {
    const frame = {
      columns: ["amount", "hour"],
      data: [
        [12.5, 3],
        [900, 14],
      ],
    };
    const requests: readonly (readonly [body: string | Buffer<ArrayBuffer>, type?: string])[] = [
      [JSON.stringify({ dataframe_split: frame })],
      [JSON.stringify({ dataframe_split: frame }), "application/json; charset=utf-8"],
      [JSON.stringify({ dataframe_records: [{ amount: 1, hour: 2 }] })],
      [JSON.stringify({ inputs: { amount: [1.5], hour: [2.5] } })],
      [JSON.stringify({ instances: [{ amount: 1.5, hour: 2.5 }] })],
      [JSON.stringify({ inputs: { amount: [1.5], hour: [2.5] }, params: { unknown: 1 } })],
      ["amount,hour\n12.5,3\n900,14\n", "text/csv"],
      ['{"dataframe_records": [{"amount": NaN, "hour": 2}]}'],
      [JSON.stringify({ dataframe_records: [{ amount: "x", hour: 2 }] })],
      [JSON.stringify({ dataframe_records: [{ amount: 1 }] })],
      [JSON.stringify({ inputs: [1, 2, 3] })],
      [JSON.stringify({ unknown: [] })],
      ["[1, 2]"],
      ["{"],
      [""],
      [Buffer.from([0xff, 0xfe])],
      ["a,b\n1", "text/csv"],
      ["x", "image/png"],
      ["{}", "application/json; charset=latin-1"],
      ["{}", "application/json; version=2"],
      [Buffer.from("no parquet"), "application/vnd.apache.parquet"],
    ];
    for (const name of ["labels", "unsigned"]) {
      const [ours, theirs] = await Promise.all([serve(name, "--workers", "2"), serveByMlflow(name)]);
      for (const [body, type] of requests)
        expect(await invoke(ours.url, body, type), `${name} ${type} ${body}`).toEqual(
          await invoke(theirs.url, body, type),
        );
      for (const { child } of [ours, theirs]) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
    }
  });

  it("prints, works and fails where nobody is hurt, and is there again after it has died or hangs", async () => {
    const { url, said } = await serve("tricky", "--timeout", "30");
    expect(said()).toMatch(/Python 3\.\d+\.\d+ with MLflow 3\.17\.2 loads the model[\s\S]*has the model after/);
    expect(await answerTo(url, "print")).toBe("read 0");
    await expect.poll(said, { timeout: 60_000 }).toMatch(/python: noise of the model[\s\S]*python: noise beneath it/);
    const place = await answerTo(url, "cwd");
    expect(place).toContain("esteira-python-");
    expect(await readdir(place)).toEqual([]);
    expect((await invoke(url, told("ab", { factor: 2 }))).text).toBe('{"predictions": ["abab"]}');
    const raised = await invoke(url, told("raise"));
    expect(raised.status).toBe(400);
    expect(JSON.parse(raised.text)).toMatchObject({
      error_code: "BAD_REQUEST",
      error_class: "INVALID_PARAMETER_VALUE",
    });

    const first = await answerTo(url, "pid");
    const hanging = invoke(url, told("hang"));
    await answerTo(url, "still answers");
    const dying = await invoke(url, told("die"));
    for (const lost of [dying, await hanging]) {
      expect(lost.status).toBe(503);
      expect(JSON.parse(lost.text)).toMatchObject({
        error_code: "TEMPORARILY_UNAVAILABLE",
        message: expect.stringContaining("signal SIGKILL"),
      });
    }
    // Until another has taken its place, whoever asks for readiness is told to wait.
    const ready = async (path: string) => {
      const answer = await fetch(`${url}${path}`);
      await answer.text();
      return [answer.status, answer.headers.get("retry-after")];
    };
    const paths = ["/ping", "/health"];
    await expect
      .poll(() => Promise.all(paths.map(ready)), { timeout: 60_000, interval: 20 })
      .toEqual(paths.map(() => [503, "1"]));
    const isBack = () =>
      expect.poll(async () => (await invoke(url, told("x"))).status, { timeout: 600_000, interval: 200 }).toBe(200);
    await isBack();
    expect(await answerTo(url, "pid")).not.toBe(first);
    expect((await ready("/ping"))[0]).toBe(200);
    expect((await ready("/v2/health/ready"))[0]).toBe(200);
    expect(existsSync(place)).toBe(false);

    const late = await invoke(url, told("hang"));
    expect([late.status, JSON.parse(late.text).error_code]).toEqual([504, "DEADLINE_EXCEEDED"]);
    await isBack();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/esteira_scoring_model_rows_total\{model="[^"]*",version="[^"]*",variant="primary"\} \d/);
    expect(metrics).toMatch(/esteira_scoring_errors_total\{side="server"\} [3-9]/);
  });

  it.skipIf(process.platform !== "linux").each(["1", "2"])(
    "is not left behind by a Ctrl-C while Python loads it, with %s processes",
    async (workers) => {
      const args = ["models", "serve", "-m", join(root, "tricky"), "-p", "0", "--workers", workers];
      const child = spawn(process.execPath, [COMMAND, ...args, "--engine", "python", "--python", python], {
        cwd: root,
        env: ENV,
        stdio: "ignore",
      });
      started.push(child);
      const pythons = async (): Promise<number[]> => {
        const all = await descendants(child.pid!);
        const named = await Promise.all(all.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, "utf8")]));
        return named.flatMap(([pid, line]) => (String(line).includes("esteira-python-") ? [Number(pid)] : []));
      };
      await expect
        .poll(async () => (await pythons().catch(() => [])).length, { timeout: 600_000, interval: 20 })
        .toBe(Number(workers));
      const loading = await pythons();
      child.kill("SIGINT");
      const [code] = await once(child, "exit");
      expect(code).toBe(130);
      for (const pid of loading) await gone(pid);
    },
  );

  it("leaves nothing behind when its server is killed", async () => {
    const { url, child } = await serve("tricky");
    const [pid, grandchild] = [Number(await answerTo(url, "pid")), Number(await answerTo(url, "child"))];
    const place = await answerTo(url, "cwd");
    expect([isAlive(pid), isAlive(grandchild), existsSync(place)]).toEqual([true, true, true]);
    child.kill("SIGKILL");
    await gone(pid);
    await gone(grandchild);
    await expect.poll(() => existsSync(place), { timeout: 60_000 }).toBe(false);
  });

  it("is swapped without a failed request, beside a native canary and a shadow, with a request log", async () => {
    const native = join(root, "native");
    await writeModelFolder(native, {
      ubj: modelBytes("forest.ubj"),
      createdAt: 0,
      modelUuid: "0",
      signature: { inputs: columnsOf(["amount", "hour", "c", "d", "e", "f"], "double") },
    });
    const notes: string[] = [];
    const log = join(root, "log");
    const model = (name: string) => ({ folder: join(root, name), name, version: "1" });
    const serving = await startServingProcess(
      {
        ...{ uri: "", host: "127.0.0.1", port: 0, workers: 1, refreshSeconds: 0, maxInFlight: 64, bodyLimit: 1 << 20 },
        ...{ engine: "auto", python, timeoutSeconds: 300 },
        canary: { uri: "", share: 0.5 },
        shadowUri: "",
        deployment: undefined,
        decisions: undefined,
        requestLog: { folder: log, sample: 1, redact: ["hour"] },
      },
      { primary: model("labels"), canary: model("native"), shadow: model("chances") },
      (line) => notes.push(line),
      new AbortController().signal,
    );
    try {
      const [pid] = notes
        .flatMap((line) => /has the model after .*\(process (\d+)\)/.exec(line)?.[1] ?? [])
        .map(Number);
      const row = { amount: 900, hour: 3, c: 1, d: 1, e: 1, f: 1 };
      const ask = async (key: string) => {
        const answer = await fetch(`${serving.address}/invocations`, {
          method: "POST",
          headers: { "content-type": "application/json", "x-esteira-key": key },
          body: JSON.stringify({ dataframe_records: [row] }),
        });
        const { predictions } = (await answer.json()) as { predictions: unknown[] };
        return { status: answer.status, model: answer.headers.get("x-esteira-model"), answer: predictions[0] };
      };
      const keys = Array.from({ length: 12 }, (_, i) => `payer-${i}`);
      const before = await Promise.all(keys.map(ask));
      expect(new Set(before.map((one) => one.model))).toEqual(new Set(["labels/1", "native/1"]));
      expect(before.filter((one) => one.model === "labels/1").map((one) => one.answer)).toContain("fraud");

      const v2 = await fetch(`${serving.address}/v2/models/labels/infer`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-esteira-key": keys[before.findIndex((one) => one.model === "labels/1")]!,
        },
        body: JSON.stringify({
          inputs: ["amount", "hour"].map((name) => ({ name, shape: [2], datatype: "FP64", data: [900, 3] })),
        }),
      });
      expect(await v2.json()).toMatchObject({
        outputs: [{ name: "predictions", datatype: "BYTES", shape: [2], data: ["fraud", "fair"] }],
      });

      let isSwapped = false;
      const swapping = serving.swap("primary", model("chances")).then(() => {
        isSwapped = true;
      });
      const during: Awaited<ReturnType<typeof ask>>[] = [];
      while (!isSwapped) during.push(...(await Promise.all(keys.map(ask))));
      await swapping;
      expect(during.filter(({ status }) => status !== 200)).toEqual([]);
      const after = await Promise.all(keys.map(ask));
      expect(after.filter((one) => one.model === "chances/1").map((one) => one.answer)).toContainEqual([
        expect.any(Number),
        expect.any(Number),
      ]);
      await gone(pid!);
      await expect
        .poll(async () => (await fetch(`${serving.address}/metrics`)).text(), { timeout: 60_000 })
        .toMatch(/esteira_scoring_shadow_requests_total\{outcome="compared"\} \d/);
    } finally {
      await serving.close();
    }
    const [file] = await readdir(log);
    const lines = (await readFile(join(log, file!), "utf8")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({
        model: "labels",
        columns: ["amount", "hour"],
        data: [[900], "[redacted]"],
        predictions: ["fraud"],
      }),
    );
    // Python's own processes have ended with the server.
    for (const line of notes) {
      const process_ = /\(process (\d+)\)/.exec(line)?.[1];
      if (process_ !== undefined) await gone(Number(process_));
    }
  });

  it("scores files, and says in a sentence what is missing", async () => {
    const predict = (...args: readonly string[]) =>
      new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
        execFile(
          process.execPath,
          [COMMAND, "models", "predict", ...args],
          { cwd: root, env: { ...ENV, ESTEIRA_ENGINE: "python", ESTEIRA_PYTHON: python } },
          (error, out, err) => resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
        );
      });
    const example = join(root, "labels", "serving_input_example.json");
    const payload = await predict("-m", join(root, "labels"), "-i", example);
    expect(payload.out).toMatch(/^\{"predictions": \["(fair|fraud)", "(fair|fraud)"\]\}\n$/);
    await promisify(execFile)("sh", ["-c", "printf 'amount,hour\\n900,3\\n12,4\\n' > rows.csv"], { cwd: root });
    const rows = await predict(
      ...["-m", join(root, "chances"), "-t", "csv", "-i", "rows.csv", "-o", "out.csv", "--output-type", "csv"],
    );
    expect([rows.code, rows.err.includes("2 rows in out.csv")]).toEqual([0, true]);
    expect(await readFile(join(root, "out.csv"), "utf8")).toMatch(/^prediction_0,prediction_1\n\d[^,]*,\d[^,\n]*\n\d/);

    const refusals: readonly (readonly [readonly string[], string])[] = [
      [
        ["--engine", "native"],
        "without Python these can be scored: xgboost, lightgbm, spark, onnx; --engine python has",
      ],
      [["--engine", "java"], "--engine is 'java': expected one of native, python, auto."],
      [["--python", join(root, "nothing")], "cannot be started (there is no such program): name another Python"],
    ];
    for (const [args, words] of refusals) {
      const refused = await predict("-m", join(root, "labels"), "-i", example, ...args);
      expect([refused.code, refused.out]).toEqual([2, ""]);
      expect(refused.err).toContain(words);
    }
  });

  it("names the package that Python lacks", async () => {
    const bare = join(root, "bare");
    await promisify(execFile)(python, ["-m", "venv", "--without-pip", bare]);
    const { startPythonModel } = await import("@esteira/models/flavors/python-function");
    const lacking = join(bare, "bin", "python");
    await expect(startPythonModel({ folder: join(root, "labels"), python: lacking })).rejects.toThrow(
      /^The Python '.*bare.bin.python' \(3\.\d+\.\d+\) has no package 'mlflow'.*-m pip install mlflow/,
    );
  });
});
