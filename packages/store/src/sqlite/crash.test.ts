import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runId } from "@esteira/core/ids";
import { expect, test } from "vitest";
import { openStore } from "../open.ts";

const WRITER = fileURLToPath(new URL("./crash-writer.ts", import.meta.url));

test("what was acknowledged survives a kill, and no batch is there by half", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-crash-"));
  const path = join(folder, "esteira.db");
  const writer = spawn(process.execPath, ["--conditions=@esteira/source", "--import", "tsx", WRITER, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let acknowledged = "";
  writer.stdout.setEncoding("utf8");
  await new Promise<void>((resolve, reject) => {
    writer.once("exit", () => reject(new Error("the writer ended by itself")));
    writer.stdout.on("data", (text: string) => {
      acknowledged += text;
      if (acknowledged.length > 20_000) resolve();
    });
  });
  writer.removeAllListeners("exit");
  const exited = once(writer, "close");
  writer.kill("SIGKILL");
  await exited;

  const last = new Map<string, number>();
  for (const line of acknowledged.slice(0, acknowledged.lastIndexOf("\n")).split("\n")) {
    const [run = "", step] = line.split(" ");
    last.set(run, Number(step));
  }
  expect(last.size).toBe(8);
  const store = await openStore({ uri: `sqlite:///${path}`, artifactRoot: "mlflow-artifacts:/" });
  for (const [run, step] of last) {
    const steps = async (metricKey: string) =>
      (await store.getMetricHistory({ runId: runId(run), metricKey })).items.map((metric) => metric.step);
    const a = await steps("a");
    expect(a).toEqual(Array.from({ length: a.length }, (_, index) => index));
    expect(a.length).toBeGreaterThan(step);
    expect(await steps("b")).toEqual(a);
    const latest = (await store.getRun(runId(run))).data.metrics.map((metric) => metric.step);
    expect(latest).toEqual([a.length - 1, a.length - 1]);
  }
  await store.close();
  await rm(folder, { recursive: true });
});
