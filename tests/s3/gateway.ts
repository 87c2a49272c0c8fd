import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const KEYS = { id: "esteira-test", secret: "esteira-test-secret" };
const STARTUP_MS = 20_000;

export interface Gateway {
  /** Where the buckets are, a folder each. */
  readonly folder: string;
  /** What clients need to know, as variables. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** One S3 server for the whole suite; each test makes buckets of its own in it. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const gateway = await startGateway();
  if ("missing" in gateway) {
    console.info(`skipped: ${gateway.missing}`);
    return undefined;
  }
  Object.assign(process.env, gateway.env, { ESTEIRA_TEST_S3: gateway.folder });
  return () => gateway.stop();
}

export async function startGateway(): Promise<Gateway | { readonly missing: string }> {
  const script = fileURLToPath(new URL("../tools/versitygw.sh", import.meta.url));
  const program = await promisify(execFile)("sh", [script]).then(
    ({ stdout }) => stdout.trim(),
    (error: { stderr?: string }) => ({ missing: `no S3 server: ${error.stderr?.trim().split("\n").at(-1)}` }),
  );
  if (typeof program !== "string") return program;
  const folder = await mkdtemp(join(tmpdir(), "esteira-s3-"));
  const port = await freePort();
  const child = spawn(program, ["--port", `127.0.0.1:${port}`, "posix", folder], {
    env: { ...process.env, ROOT_ACCESS_KEY: KEYS.id, ROOT_SECRET_KEY: KEYS.secret },
    stdio: "ignore",
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await answers(endpoint))) {
    await stop();
    throw new Error(`${program} did not answer at ${endpoint} within ${STARTUP_MS / 1000} s`);
  }
  const env = {
    MLFLOW_S3_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: KEYS.id,
    AWS_SECRET_ACCESS_KEY: KEYS.secret,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
  };
  return { folder, env, stop };
}

async function answers(endpoint: string): Promise<boolean> {
  const deadline = Date.now() + STARTUP_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer !== undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
