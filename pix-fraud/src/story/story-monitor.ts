/** The monitor of a story: it looks at the end of each simulated day, and what it would send is told. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseMonitor } from "@esteira/monitor/file/parse-monitor";
import { WatchedLedger } from "@esteira/monitor/watch/watched-ledger";
import { Watcher } from "@esteira/monitor/watch/watcher";
import { z } from "zod";
import { FILES } from "./story-files.ts";

/** A message to a person. */
export interface Told {
  readonly title: string;
  /** What is known of the cause, English. */
  readonly diagnosis: string;
}

export interface StoryMonitor {
  /** Looks at an instant (milliseconds), and resolves with what it says. Throws what went wrong in the monitor. */
  look(at: number): Promise<readonly Told[]>;
  /** The episodes of a rule's alerts that go on. */
  firing(rule: string): readonly string[];
}

const bodyWire = z.object({
  action: z.string(),
  data: z.object({ title: z.string(), diagnosis: z.object({ en: z.string() }) }),
});

/** `state`: a folder that is there. */
export async function openStoryMonitor(folder: string, state: string, begin: number): Promise<StoryMonitor> {
  const file = parseMonitor(await readFile(join(folder, FILES.monitor), "utf8"), FILES.monitor);
  let now = begin;
  let told: Told[] = [];
  const faults: string[] = [];
  const watcher = await Watcher.open({
    file,
    statePath: join(state, "state.json"),
    model: new WatchedLedger({ file, folder, since: begin, now: begin, inTurn: (work) => work() }),
    scrape: () => Promise.reject(new Error("A story has no service to scrape.")),
    ports: {
      post: async ({ body }) => {
        const { action, data } = bodyWire.parse(JSON.parse(body));
        if (action === "firing") told.push({ title: data.title, diagnosis: data.diagnosis.en });
        return { status: 204, body: "" };
      },
      secrets: { env: {}, folder },
      clock: () => now,
      random: () => 0,
    },
    onFault: (sentence) => void faults.push(sentence),
  });
  return {
    async look(at) {
      now = at;
      told = [];
      await watcher.look();
      await watcher.deliver();
      if (faults.length > 0) throw new Error(faults.join("\n"));
      return told;
    },
    firing: (name) =>
      watcher
        .observed()
        .state.alerts.filter(({ phase, rule }) => phase === "firing" && rule === name)
        .map(({ fingerprint, firedAt }) => `${fingerprint}-${firedAt}`),
  };
}
