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

/** One S3 server for the whole suite; each test makes buckets of its own in it. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const script = fileURLToPath(new URL("../tools/versitygw.sh", import.meta.url));
  const program = await promisify(execFile)("sh", [script]).then(
    ({ stdout }) => stdout.trim(),
    (error: { stderr?: string }) => {
      console.info(`skipped: no S3 server: ${error.stderr?.trim().split("\n").at(-1)}`);
      return undefined;
    },
  );
  if (program === undefined) return undefined;
  const data = await mkdtemp(join(tmpdir(), "esteira-s3-"));
  const port = await freePort();
  const child = spawn(program, ["--port", `127.0.0.1:${port}`, "posix", data], {
    env: { ...process.env, ROOT_ACCESS_KEY: KEYS.id, ROOT_SECRET_KEY: KEYS.secret },
    stdio: "ignore",
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await rm(data, { recursive: true, force: true });
  };
  if (!(await answers(endpoint))) {
    await stop();
    throw new Error(`${program} did not answer at ${endpoint} within ${STARTUP_MS / 1000} s`);
  }
  Object.assign(process.env, {
    MLFLOW_S3_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: KEYS.id,
    AWS_SECRET_ACCESS_KEY: KEYS.secret,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    ESTEIRA_TEST_S3: data,
  });
  return stop;
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
