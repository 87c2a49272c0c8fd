import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";

/** Why no Prometheus can be started here; undefined when one can. */
export function missingPrometheus(): string | undefined {
  try {
    for (const program of ["prometheus", "promtool"]) execFileSync(program, ["--version"], { stdio: "pipe" });
    return undefined;
  } catch {
    return "there is no prometheus here (Debian's package prometheus has it)";
  }
}

export interface Prometheus {
  /** The result of a query now; throws what Prometheus says is wrong with it. */
  query(
    expression: string,
  ): Promise<readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[]>;
  /** Names of the alerts that fire. */
  firing(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a Prometheus that scrapes an address each second, by the rules of a file. Resolves when it has scraped. */
export async function startPrometheus(folder: string, target: string, rules: string): Promise<Prometheus> {
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  await mkdir(join(folder, "data"), { recursive: true });
  await writeFile(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [${JSON.stringify(rules)}]
scrape_configs: [{ job_name: esteira, static_configs: [{ targets: [${JSON.stringify(target)}] }] }]
`,
  );
  const process = spawn(
    "prometheus",
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  process.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const ended = once(process, "exit");
  const api = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
    const { status, data, error } = (await answer.json()) as { status: string; data: never; error?: string };
    if (status !== "success") throw new Error(error);
    return data;
  };
  const prometheus: Prometheus = {
    query: async (expression) => {
      const { result } = (await api(`query?query=${encodeURIComponent(expression)}`)) as { result: never };
      return result;
    },
    firing: async () => {
      const { alerts } = (await api("alerts")) as {
        alerts: readonly { state: string; labels: { alertname: string } }[];
      };
      return alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
    },
    stop: async () => {
      process.kill();
      await ended;
    },
  };
  const begun = Date.now();
  while (Date.now() - begun < 90_000) {
    if (process.exitCode !== null) throw new Error(`prometheus ended: ${log}`);
    const up = await prometheus.query("up").catch(() => []);
    if (up[0]?.value[1] === "1") return prometheus;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  await prometheus.stop();
  throw new Error(`prometheus has scraped nothing for 90 s: ${log}`);
}
