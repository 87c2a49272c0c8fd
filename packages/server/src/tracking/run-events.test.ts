import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "@esteira/core/entities/run-watch";
import type { RunId } from "@esteira/core/ids";
import { parseJson } from "@esteira/core/wire/json";
import { runEventFromWire } from "@esteira/core/wire/run-event";
import { openStore } from "@esteira/store/open";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";
import { runEventStream } from "./run-events.ts";

const PATH = "/api/esteira/v1/runs/events";
const FAST = { pollMs: 20, heartbeatMs: 15_000, longestMs: 60_000 };
const NOTHING = { params: [], tags: [], metrics: [] };

let server: Harness;
let url: string;

beforeAll(async () => {
  server = await openHarness({ watch: FAST });
  url = await server.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => server.close());

const newExperiment = () => server.store.createExperiment({ name: `e${Math.random()}`, tags: [] });
async function newRun(experimentId: Awaited<ReturnType<typeof newExperiment>>): Promise<RunId> {
  return (await server.store.createRun({ experimentId, userId: "", startTime: 1, tags: [] })).info.runId;
}
const log = (run: RunId, ...steps: readonly number[]) =>
  server.store.logBatch(run, {
    ...NOTHING,
    metrics: steps.map((step) => ({ key: "m", value: step, timestamp: step, step })),
  });

interface Told {
  readonly event: RunEvent;
  readonly id: string | undefined;
}

/** A stream over a real connection, read event by event. */
async function open(query: string, headers: Readonly<Record<string, string>> = {}) {
  const abort = new AbortController();
  const response = await fetch(`${url}${PATH}?${query}`, { headers, signal: abort.signal });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let comments = 0;
  const next = async (): Promise<Told | undefined> => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end === -1) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += decoder.decode(value, { stream: true });
        continue;
      }
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [name, data] = [field("event"), field("data")];
      if (name === undefined || data === undefined) {
        comments += 1;
        continue;
      }
      const event = runEventFromWire(name, parseJson(data));
      if (event !== undefined) return { event, id: field("id") };
    }
  };
  /** Reads on until an event is right. */
  const until = async (isRight: (told: Told) => boolean): Promise<readonly Told[]> => {
    const told: Told[] = [];
    for (;;) {
      const one = await next();
      if (one === undefined) throw new Error("the stream has ended");
      told.push(one);
      if (isRight(one)) return told;
    }
  };
  return { response, next, until, comments: () => comments, close: () => abort.abort() };
}

const stepsOf = (told: readonly Told[]) =>
  told.flatMap(({ event }) => (event.kind === "metrics" ? event.points.map((point) => point.step) : []));
const hasStep = (step: number) => (told: Told) => stepsOf([told]).includes(step);

describe("the events of a run", () => {
  it("begin with what it is, tell what changes, and end with it", async () => {
    const run = await newRun(await newExperiment());
    const stream = await open(`run_ids=${run}`);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect((await stream.next())?.event).toMatchObject({
      kind: "run",
      run: { info: { runId: run, status: "RUNNING" } },
    });
    await log(run, 1, 2);
    await stream.until(hasStep(2));
    await server.store.setTag(run, { key: "phase", value: "late" });
    const [tagged] = await stream.until(({ event }) => event.kind === "run");
    expect(tagged?.event.kind === "run" && tagged.event.run.tags).toContainEqual({ key: "phase", value: "late" });
    await server.store.updateRun(run, { status: "FINISHED", endTime: 5 });
    expect((await stream.until(({ event }) => event.kind === "end")).map(({ event }) => event.kind)).toEqual([
      "run",
      "end",
    ]);
    expect(await stream.next()).toBeUndefined();
  });

  it("go on where a lost connection was, with all that happened meanwhile", async () => {
    const run = await newRun(await newExperiment());
    const first = await open(`run_ids=${run}`);
    await first.next();
    await log(run, 1);
    const told = await first.until(hasStep(1));
    first.close();
    await log(run, 2, 3);
    await log(run, 0);
    for (const resume of [
      () => open(`run_ids=${run}`, { "last-event-id": told.at(-1)?.id ?? "" }),
      () => open(`run_ids=${run}&last_event_id=${told.at(-1)?.id}`),
    ]) {
      const again = await resume();
      const missed = await again.until(({ id }) => id !== undefined);
      expect(stepsOf(missed).toSorted()).toEqual([0, 2, 3]);
      expect(missed[0]?.event.kind).toBe("run");
      again.close();
    }
  });

  it("tell what another server process writes to the same database", async () => {
    const folder = await mkdtemp(join(tmpdir(), "esteira-events-"));
    const database = await newTestDatabase();
    // A database in memory has one process.
    const uri = database === "sqlite://" ? `sqlite:///${join(folder, "m.db")}` : database;
    const [one, other] = await Promise.all([1, 2].map(() => openStore({ uri, artifactRoot: "mlflow-artifacts:/" })));
    const experimentId = await one!.createExperiment({ name: "shared", tags: [] });
    const { info } = await one!.createRun({ experimentId, userId: "", startTime: 1, tags: [] });
    const closing = new AbortController();
    const stream = runEventStream(
      other!,
      { runIds: [info.runId], experimentIds: [] },
      { options: FAST, signal: closing.signal },
    );
    expect((await stream.next()).value).toContain("event: run");
    await one!.logBatch(info.runId, { ...NOTHING, metrics: [{ key: "m", value: 7, timestamp: 1, step: 42 }] });
    expect((await stream.next()).value).toContain('"step":42');
    closing.abort();
    expect((await stream.next()).done).toBe(true);
    await Promise.all([one!.close(), other!.close()]);
    await rm(folder, { recursive: true });
  });
});

describe("the events of an experiment", () => {
  it("name its live runs, whenever they are others, and follow each to its end", async () => {
    const experiment = await newExperiment();
    const run = await newRun(experiment);
    const stream = await open(`experiment_ids=${experiment}`);
    expect((await stream.until(({ event }) => event.kind === "live")).at(-1)?.event).toEqual({
      kind: "live",
      runIds: [run],
    });
    const second = await newRun(experiment);
    await log(second, 4);
    const begun = await stream.until(({ event }) => event.kind === "live");
    expect(begun.map(({ event }) => event.kind)).toContain("run");
    await log(second, 5);
    await stream.until(hasStep(5));
    await server.store.updateRun(second, { status: "FAILED", endTime: 5 });
    const ended = await stream.until(({ event }) => event.kind === "live");
    expect(ended.at(-1)?.event).toEqual({ kind: "live", runIds: [run] });
    expect(ended[0]?.event).toMatchObject({ kind: "run", run: { info: { runId: second, status: "FAILED" } } });
    stream.close();
  });
});

describe("a stream", () => {
  it("says that it is alive, and ends for its client to come again", async () => {
    const run = await newRun(await newExperiment());
    const { signal } = new AbortController();
    const texts: string[] = [];
    const options = { pollMs: 1, heartbeatMs: 5, longestMs: 200 };
    const watched = { runIds: [run], experimentIds: [] };
    for await (const text of runEventStream(server.store, watched, { options, signal })) texts.push(text);
    expect(texts[0]).toMatch(/^retry: \d+\n\nevent: run\ndata: .+\nid: .+\n\n$/);
    expect(texts.slice(1)).toContain(": alive\n\n");
  });

  it("asks the database for nothing while its client does not read", async () => {
    const run = await newRun(await newExperiment());
    let looks = 0;
    const store = {
      ...server.store,
      readRunChanges: (...asked: Parameters<typeof server.store.readRunChanges>) => {
        looks += 1;
        return server.store.readRunChanges(...asked);
      },
    };
    const closing = new AbortController();
    const stream = runEventStream(
      store,
      { runIds: [run], experimentIds: [] },
      { options: { ...FAST, pollMs: 1 }, signal: closing.signal },
    );
    await stream.next();
    await log(run, 1, 2, 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(looks).toBe(1);
    expect((await stream.next()).value).toContain('"step":3');
    closing.abort();
    await stream.return();
  });

  it("ends when the server closes", async () => {
    const closing = await openHarness({ watch: FAST });
    const at = await closing.app.listen({ host: "127.0.0.1", port: 0 });
    const experiment = await closing.store.createExperiment({ name: "closing", tags: [] });
    const response = await fetch(`${at}${PATH}?experiment_ids=${experiment}`);
    const text = response.text();
    await closing.close();
    expect(await text).toContain("event: live");
  });

  it("is found behind a prefix", async () => {
    const prefixed = await openHarness({ watch: FAST, boundary: { staticPrefix: "/ml" } });
    const at = await prefixed.app.listen({ host: "127.0.0.1", port: 0 });
    const experiment = await prefixed.store.createExperiment({ name: "prefixed", tags: [] });
    const { info } = await prefixed.store.createRun({ experimentId: experiment, userId: "", startTime: 1, tags: [] });
    await prefixed.store.updateRun(info.runId, { status: "KILLED", endTime: 2 });
    const text = await (await fetch(`${at}/ml${PATH}?run_ids=${info.runId}`)).text();
    expect(text).toContain('"status":"KILLED"');
    expect(text).toContain("event: end");
    await prefixed.close();
  });

  it.each([
    ["", 400, "between 1 and 100"],
    [`run_ids=${"0".repeat(32)}`, 404, "not found"],
    ["experiment_ids=abc", 400, "Invalid experiment ID"],
    [Array.from({ length: 101 }, (_, at) => `run_ids=${at}`).join("&"), 400, "between 1 and 100"],
  ])("is refused before it begins: %s", async (query, status, message) => {
    const answer = await server.call("GET", `${PATH}?${query}`);
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)]);
  });

  it("does not take an id of its own making", async () => {
    const run = await newRun(await newExperiment());
    const answer = await server.call("GET", `${PATH}?run_ids=${run}`, undefined, { "last-event-id": "42" });
    expect([answer.status, answer.body.message]).toEqual([400, expect.stringContaining("is no position")]);
  });
});
