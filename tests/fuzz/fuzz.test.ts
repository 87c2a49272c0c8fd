import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type AccessStart, type RunningServer, startServer } from "@esteira/server/start";
import { describe, expect, it } from "vitest";

const HOME =
  process.env.ESTEIRA_FUZZ_HOME ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "esteira/fuzz");
const PROGRAM = process.env.ESTEIRA_FUZZ || join(HOME, "bin", "st");
const missing = !existsSync(PROGRAM);
const ADMIN = { username: "admin", password: "a long enough password" };
/** The same requests each time: what fails here fails for whoever runs it again. */
const SEED = "20260314";
/** MLflow has nearly every route twice, with one handler: the second name is left out where there is a first. */
const SECOND_NAME =
  "^/ajax-api/(?!2.0/mlflow/(upload-artifact$|metrics/get-history-bulk$|logged-models/[^/]+/artifacts/files$))";

interface Fuzzed {
  readonly home: string;
  readonly server: RunningServer;
  readonly headers: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

async function start(access?: AccessStart): Promise<Fuzzed> {
  const home = await mkdtemp(join(tmpdir(), "esteira-fuzz-"));
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(home, "tracking.db")}`,
    artifactsDestination: join(home, "artifacts"),
    access,
  });
  const basic = Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString("base64");
  return {
    home,
    server,
    headers: access === undefined ? {} : { authorization: `Basic ${basic}` },
    close: async () => {
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Something of each kind, so that generated calls find what they name. */
async function seed({ server, headers }: Fuzzed): Promise<Readonly<Record<string, string>>> {
  const call = async (path: string, body: object) => {
    const answer = await fetch(`${server.url}/api/2.0/mlflow${path}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status, path).toBe(200);
    return answer.json();
  };
  const { experiment_id } = await call("/experiments/create", { name: "fuzzed" });
  const { run } = await call("/runs/create", { experiment_id, start_time: 1 });
  const { model } = await call("/logged-models", { experiment_id, name: "fuzzed" });
  await call("/registered-models/create", { name: "fuzzed" });
  await call("/model-versions/create", { name: "fuzzed", source: "s3://bucket/key" });
  await call("/registered-models/alias", { name: "fuzzed", alias: "champion", version: "1" });
  return {
    experiment_id,
    run_id: run.info.run_id,
    run_uuid: run.info.run_id,
    model_id: model.info.model_id,
    name: "fuzzed",
    version: "1",
    alias: "champion",
  };
}

function fuzz(fuzzed: Fuzzed, known: object, examples: number, excluded: readonly string[]) {
  const { home, server, headers } = fuzzed;
  const hooks = fileURLToPath(new URL("hooks.py", import.meta.url));
  return new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    const child = spawn(
      PROGRAM,
      [
        ...["run", `${server.url}/api/esteira/v1/openapi.json`, "--phases", "coverage,fuzzing"],
        ...["--checks", "no_fault,response_schema_conformance,status_code_conformance,content_type_conformance"],
        ...["--exclude-path-regex", [SECOND_NAME, ...excluded].join("|")],
        ...["--max-examples", String(examples), "--seed", SEED, "--request-timeout", "60", "--no-shrink"],
        ...["--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--no-color"],
        ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
      ],
      {
        // It keeps a database of examples, which would make a second run another one.
        cwd: home,
        env: {
          ...process.env,
          SCHEMATHESIS_HOOKS: hooks,
          ESTEIRA_FUZZ_KNOWN: JSON.stringify(known),
          PYTHONHASHSEED: "0",
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

describe.skipIf(missing)(
  `generated requests${missing ? ` (skipped: no ${PROGRAM}; run tests/fuzz/schemathesis.sh)` : ""}`,
  () => {
    it.each([
      { name: "without access control", access: undefined, examples: 6, excluded: [] },
      {
        name: "as an admin",
        access: { admin: ADMIN, passwordCost: { n: 1024, r: 8, p: 1 } },
        examples: 2,
        // Whoever loses its own account asks nothing more.
        excluded: ["/users/(delete|update-password|update-admin)$"],
      },
    ])("are answered without a fault, in time, and as described: $name", async ({ access, examples, excluded }) => {
      const fuzzed = await start(access);
      try {
        const { code, output } = await fuzz(fuzzed, await seed(fuzzed), examples, excluded);
        console.info(output.slice(output.indexOf("= SUMMARY")).trim());
        expect(code, output.slice(-12_000)).toBe(0);
        expect((await fetch(`${fuzzed.server.url}/health`)).status).toBe(200);
      } finally {
        await fuzzed.close();
      }
    });
  },
);
