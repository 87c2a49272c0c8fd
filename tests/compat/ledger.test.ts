import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { collectDecisions } from "@esteira/monitor/ledger/collect";
import { describe, expect, it } from "vitest";
import { findOracle } from "./oracle.ts";

const oracle = findOracle();
const missing = "missing" in oracle ? oracle.missing : undefined;

const READ = `
import json, sys
import pandas as pd
rows = pd.read_parquet(sys.argv[1]).sort_values("id")
print(json.dumps({
    "types": {name: str(rows[name].dtype) for name in ["at", "score", "f.amount", "erased"]},
    "at": [at.isoformat() for at in rows["at"]], "day": [str(day) for day in rows["day"]],
    "amount": [None if pd.isna(one) else one for one in rows["f.amount"]], "channel": rows["f.channel"].tolist(),
}))
`;

describe("a ledger of decisions", () => {
  it.skipIf(missing !== undefined)(
    `is read by pandas${missing === undefined ? "" : ` (skipped: ${missing})`}`,
    async () => {
      if ("missing" in oracle) return;
      const folder = await mkdtemp(join(tmpdir(), "esteira-pandas-"));
      try {
        const places = { decisions: join(folder, "records"), ledger: join(folder, "ledger") };
        const at = Date.UTC(2026, 0, 31, 23, 59, 59, 999);
        const log = await openDecisionLog({ folder: places.decisions });
        const model = { name: "pix", version: "1", digest: "d".repeat(64), of: "folder" } as const;
        for (const i of [0, 1, 2])
          log.write({
            ...{ id: `t${i}`, at: at + i, eventAt: null, subjects: ["ana"], model, params: undefined, scorer: "table" },
            columns: [
              { name: "amount", type: "f64" },
              { name: "channel", type: "any" },
            ],
            ...{ values: [i === 1 ? Number.NaN : i + 0.5, "app"], prediction: 0.1, oddsFactor: null, score: 0.1 },
            ...{ threshold: null, action: null, reasons: [], latencyMs: null },
          });
        await log.close();
        await collectDecisions({ ...places, now: at });
        const { stdout } = await promisify(execFile)(oracle.python, ["-c", READ, join(places.ledger, "decisions")]);
        expect(JSON.parse(stdout)).toEqual({
          types: { at: "datetime64[ms, UTC]", score: "float64", "f.amount": "float64", erased: "bool" },
          at: ["2026-01-31T23:59:59.999000+00:00", "2026-02-01T00:00:00+00:00", "2026-02-01T00:00:00.001000+00:00"],
          day: ["2026-01-31", "2026-02-01", "2026-02-01"],
          ...{ amount: [0.5, null, 2.5], channel: ["app", "app", "app"] },
        });
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
