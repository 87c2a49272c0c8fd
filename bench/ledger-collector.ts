/** The collector of bench/ledger.ts, a process of its own: collects until it has so many decisions, and says how long it was at work. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { collectDecisions } from "@esteira/monitor/ledger/collect";

export interface CollectorOrder {
  readonly decisions: string;
  readonly ledger: string;
  readonly count: number;
}

export interface CollectorFound {
  readonly rows: number;
  /** Milliseconds since the epoch, when the last was on the disk. */
  readonly endedAt: number;
  readonly memoryMiB: number;
}

async function collect({ decisions, ledger, count }: CollectorOrder): Promise<CollectorFound> {
  let rows = 0;
  while (rows < count) {
    const isThere = await access(join(decisions, "subjects.key")).then(
      () => true,
      () => false,
    );
    if (isThere) rows += (await collectDecisions({ decisions, ledger, now: Date.now() })).rows;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { rows, endedAt: Date.now(), memoryMiB: process.resourceUsage().maxRSS / 1024 };
}

process.once("message", (order: CollectorOrder) => {
  void collect(order).then((found) => process.send?.(found, () => process.disconnect()));
});
