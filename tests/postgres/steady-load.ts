import { Agent, request } from "node:http";

/** One request that was not answered as it should be. */
export interface Failure {
  readonly path: string;
  readonly status?: number;
  readonly text: string;
}

const API = "/api/2.0/mlflow";

/**
 * Clients that log to runs of their own without a pause and never repeat a request: half of them keep their connection,
 * half take a new one each time. What was acknowledged is remembered.
 */
export class SteadyLoad {
  readonly failures: Failure[] = [];
  readonly acknowledged = new Map<string, Set<number>>();
  readonly #url: string;
  #isOver = false;
  #working: Promise<unknown> = Promise.resolve();
  #answers = 0;

  constructor(url: string) {
    this.#url = url;
  }

  start(clients: number): void {
    this.#working = Promise.all(Array.from({ length: clients }, (_, index) => this.#work(index % 2 === 0)));
  }

  /** Resolves when so many more requests have been answered well. */
  async answers(count: number): Promise<void> {
    const goal = this.#answers + count;
    while (this.#answers < goal) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#working;
  }

  async #work(keepAlive: boolean): Promise<void> {
    const agent = new Agent({ keepAlive, maxSockets: 1 });
    const call = (method: string, path: string, body?: object) => this.#call(agent, method, path, body);
    while (!this.#isOver) {
      const created = await call("POST", `${API}/runs/create`, { experiment_id: "0", start_time: 1 });
      if (created === undefined) continue;
      const { run } = JSON.parse(created);
      const id: string = run.info.run_id;
      const steps = new Set<number>();
      this.acknowledged.set(id, steps);
      for (let step = 0; step < 20 && !this.#isOver; step++) {
        const metrics = ["a", "b"].map((key) => ({ key, value: step, timestamp: 1, step }));
        const params = [{ key: `p${step}`, value: String(step) }];
        const logged = await call("POST", `${API}/runs/log-batch`, { run_id: id, metrics, params, tags: [] });
        if (logged !== undefined) steps.add(step);
        await call("GET", `${API}/runs/get?run_id=${id}`);
      }
      await call("POST", `${API}/runs/search`, { experiment_ids: ["0"], max_results: 5 });
    }
    agent.destroy();
  }

  async #call(agent: Agent, method: string, path: string, body?: object): Promise<string | undefined> {
    try {
      const { status, text } = await send(agent, `${this.#url}${path}`, method, body);
      if (status === 200) {
        this.#answers += 1;
        return text;
      }
      this.failures.push({ path, status, text });
    } catch (error) {
      this.failures.push({ path, text: String(error) });
    }
    // A client that is refused at once would only fill the list.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return undefined;
  }
}

function send(agent: Agent, url: string, method: string, body?: object): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) };
    const sent = request(url, { method, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(payload);
  });
}
