import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import type { JobConsole } from "./console.ts";
import { parseOptions } from "./options.ts";
import { runJob } from "./run.ts";

/** Whether the job can run on this machine; else the reason is printed. */
export async function jobCanRun(): Promise<boolean> {
  try {
    await locateXgboost();
    return true;
  } catch (error) {
    console.warn(`Skipping the tests of the job: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** A console that keeps what is said. */
function recorder(lines: string[]): JobConsole {
  return {
    title: (text) => void lines.push(text),
    line: (text = "") => void lines.push(...text.split("\n")),
    step: (heading, work) =>
      work(
        (line) => void lines.push(`${heading}: ${line}`),
        () => {},
      ),
  };
}

export interface JobOutcome {
  readonly exit: number | undefined;
  readonly error: unknown;
  readonly lines: readonly string[];
}

/** A folder for a job's files and data, and the job run in it as its command line would. */
export async function jobFolder() {
  const folder = await mkdtemp(join(tmpdir(), "esteira-job-"));
  const data = join(folder, "data");
  await mkdir(data);
  return {
    folder,
    data,
    async run(...argv: string[]): Promise<JobOutcome> {
      const lines: string[] = [];
      const options = parseOptions([...argv, "--data", data, "--no-stay"], false);
      if (options === undefined) throw new Error("The job was asked for help.");
      try {
        return { exit: await runJob(options, recorder(lines), new AbortController().signal), error: undefined, lines };
      } catch (error) {
        return { exit: undefined, error, lines };
      }
    },
    /** Serves what the job has left, and looks at it. */
    async look<T>(work: (client: ReturnType<typeof createClient>) => Promise<T>): Promise<T> {
      const server = await startServer({
        host: "127.0.0.1",
        port: 0,
        backendStoreUri: `sqlite:///${join(data, "esteira.db")}`,
        artifactsDestination: join(data, "artifacts"),
      });
      try {
        return await work(createClient({ baseUrl: server.url }));
      } finally {
        await server.close();
      }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
