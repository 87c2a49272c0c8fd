/** The analysis of `monitoring` as a process of its own, so that its memory is its own: prints what it found as JSON. */
import { analyse } from "@esteira/monitor/analysis/analyse";
import { FEATURES, isCategory } from "./monitoring-data.ts";

const [reference = "", day = "", from = ""] = process.argv.slice(2);
const DAY = 86_400_000;
const start = Number(from);
const began = performance.now();
const found = await analyse({
  files: [day],
  span: { from: start, to: start + DAY },
  reference: { files: [reference], span: { from: start - 7 * DAY, to: start } },
  time: "event_at",
  // As SciPy sees them.
  isSeasonal: false,
  columns: [
    { column: "score", kind: "number", importance: 1 },
    { column: "alerted", kind: "category", importance: 1 },
    ...FEATURES.map((column) => ({
      column,
      kind: isCategory(column) ? ("category" as const) : ("number" as const),
      importance: 1 / FEATURES.length,
    })),
  ],
});
console.log(
  JSON.stringify({
    rows: found.rows,
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
    peakMiB: process.resourceUsage().maxRSS / 1024,
    drift: Object.fromEntries(found.drift.map(({ feature, psi, ks, level }) => [feature, { psi, ks, level }])),
  }),
);
