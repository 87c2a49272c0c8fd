import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const STARTUP_MS = 180_000;

export interface FleetServer {
  readonly url: string;
  /** Told to end as an administrator does; resolves with the exit code when it has. */
  end(): Promise<number | null>;
  kill(): void;
}

/** One `esteira server` as a process of its own. */
export async function startServerProcess(args: readonly string[], env: NodeJS.ProcessEnv): Promise<FleetServer> {
  const cli = "packages/cli/src/main.ts";
  const child = spawn(
    process.execPath,
    ["--conditions=@esteira/source", "--import", "tsx", cli, "server", "--port", "0", ...args],
    { cwd: root, env: { ...process.env, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const url = await said(child, /serves at (http:\S+)/);
  return {
    url,
    end: async () => {
      const closed = once(child, "exit");
      child.kill("SIGTERM");
      await closed;
      return child.exitCode;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

async function said(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  const deadline = Date.now() + STARTUP_MS;
  for (;;) {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server did not start:\n${text}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * A plain balancer: each connection goes to the next server whose `/ready` says yes, and stays there. It knows nothing of
 * HTTP beyond that question.
 */
export class Balancer {
  readonly #server: Server;
  readonly #backends = new Map<string, boolean>();
  readonly #sockets = new Set<Socket>();
  readonly #asking: NodeJS.Timeout;
  #next = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (client: Socket) => this.#pass(client));
    this.#asking = setInterval(() => void this.#ask(), 100);
  }

  static async start(urls: readonly string[]): Promise<Balancer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const balancer = new Balancer(server);
    for (const url of urls) balancer.add(url);
    return balancer;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  add(url: string): void {
    this.#backends.set(url, true);
  }

  remove(url: string): void {
    this.#backends.delete(url);
  }

  async #ask(): Promise<void> {
    await Promise.all(
      [...this.#backends.keys()].map(async (url) => {
        const isReady = await fetch(`${url}/ready`, { headers: { connection: "close" } }).then(
          ({ ok }) => ok,
          () => false,
        );
        if (this.#backends.has(url)) this.#backends.set(url, isReady);
      }),
    );
  }

  #pass(client: Socket): void {
    const ready = [...this.#backends].filter(([, isReady]) => isReady).map(([url]) => url);
    const url = ready[this.#next++ % ready.length];
    if (url === undefined) return void client.destroy();
    const backend = connect(Number(new URL(url).port), "127.0.0.1");
    for (const [from, to] of [
      [client, backend],
      [backend, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => this.#sockets.delete(from));
      from.pipe(to);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#asking);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
