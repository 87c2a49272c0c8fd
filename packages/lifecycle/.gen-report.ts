import { writeFileSync } from "node:fs";
import { monitor } from "./src/monitoring/monitor.ts";
import { START, world } from "./src/monitoring/test-world.ts";
import { renderReportHtml } from "./src/report/report-html.ts";

const w = world({ days: 49, asOfDay: 49, lateTypology: 35, perDay: 1500, latency: 0.8 });
const names = [
  "p_account_age_days",
  "c_new_payees_24h",
  "p_in_degree_24h",
  "balance_drain",
  "d_age_days",
  "c_secs_since_last",
  "key_type",
  "c_hour_rarity",
  "c_z_amount",
  "p_fraud_known_90d",
  "limit_use",
  "geo_speed",
  "is_night",
  "c_mean_30d",
  "p_dispersal",
  "c_cnt_1h",
  "cp_is_new",
];
const N = (n: number, m: number, skew = false) =>
  Float64Array.from({ length: n }, () => {
    const z = Math.sqrt(-2 * Math.log(Math.random())) * Math.cos(6.283 * Math.random()) + m;
    return skew ? Math.exp(z) : z;
  });
const features = [
  ...w.features,
  ...names.map((name, i) => ({
    name,
    kind: name === "key_type" ? ("category" as const) : ("number" as const),
    reference:
      name === "key_type"
        ? Float64Array.from({ length: 3000 }, () => Math.floor(Math.random() * 5))
        : name.startsWith("is")
          ? Float64Array.from({ length: 3000 }, () => (Math.random() < 0.2 ? 1 : 0))
          : N(5000, 0, i % 3 === 0),
    current:
      name === "key_type"
        ? Float64Array.from({ length: 3000 }, () => Math.floor(Math.random() * 5.4))
        : name.startsWith("is")
          ? Float64Array.from({ length: 3000 }, () => (Math.random() < 0.22 ? 1 : 0))
          : N(4000, i === 1 ? 0.5 : i === 4 ? 0.25 : 0, i % 3 === 0).map((v) =>
              i === 9 && Math.random() < 0.08 ? NaN : v,
            ),
    importance: 0.5 / (i + 2),
  })),
];
const report = monitor({
  ...w,
  features,
  settings: { maturityDays: 21 },
  identity: {
    ...w.identity,
    modelDigest: "sha256:" + "3f9a".repeat(16),
    dataDigest: "sha256:" + "77c1".repeat(16),
    data: "simulated Pix ledger, seed 7, 250,000 transfers",
    reference: "test span, 2026-01-05 to 2026-02-01",
  },
});
for (const language of ["en", "pt-BR"] as const)
  writeFileSync(`/tmp/report-${language}.html`, renderReportHtml(report, { language }));
const ok = monitor(world({ days: 14, asOfDay: 14 }));
writeFileSync(`/tmp/report-ok.html`, renderReportHtml({ ...ok }, { language: "en" }));
console.log(
  report.verdict,
  report.reasons.map((r) => r.code),
  renderReportHtml(report, { language: "en" }).length,
);
