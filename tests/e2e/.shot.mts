import { chromium } from "playwright-core";

const base = "http://127.0.0.1:5912/";
const [, , which = "all", width = "1280", theme = "light", lang = "en"] = process.argv;
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await b.newPage({
  viewport: { width: +width, height: +width < 500 ? 844 : 800 },
  locale: lang,
  colorScheme: theme as "light",
});
page.on("console", (m) => {
  if (m.type() === "error" || m.type() === "warning") console.log("CONSOLE", m.text().slice(0, 400));
});
page.on("pageerror", (e) => console.log("PAGEERROR", e.message.slice(0, 600)));
const e = "1";
const ids = "32e25d09ced242d49dec2b9d5a11fad9,4051997012aa4cb0bb2559c96354d01d,d69d7e06a5cd4109abdcfcf308ed592a".split(
  ",",
);
const pages: Record<string, string> = {
  experiments: "#/experiments",
  runs: `#/experiments/${e}`,
  runssel: `#/experiments/${e}?selected=${encodeURIComponent(JSON.stringify(ids.slice(0, 3)))}&sort=metrics.auc_pr%20desc`,
  badfilter: `#/experiments/${e}?filter=metrics.x%20%3D%3D%3D%20`,
  run: `#/experiments/${e}/runs/${ids[1]}`,
  charts: `#/experiments/${e}/runs/${ids[1]}?tab=charts`,
  artifacts: `#/experiments/${e}/runs/${ids[1]}?tab=artifacts&path=metrics.csv`,
  svg: `#/experiments/${e}/runs/${ids[1]}?tab=artifacts&path=curves/learning.svg`,
  html: `#/experiments/${e}/runs/${ids[1]}?tab=artifacts&path=report.html`,
  use: `#/experiments/${e}/runs/${ids[1]}?tab=model`,
  compare: `#/compare-runs?runs=${encodeURIComponent(JSON.stringify(ids.slice(0, 3)))}`,
  models: "#/models",
  model: "#/models/pix-fraud",
  version: "#/models/pix-fraud/versions/2",
  empty: "#/experiments/2",
  missing: "#/experiments/1/runs/nope",
};
for (const [name, url] of Object.entries(pages)) {
  if (which !== "all" && !which.split(",").includes(name)) continue;
  await page.goto("about:blank");
  await page.goto(base + url);
  await page.waitForLoadState("networkidle");
  await page.waitForTimeout(500);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) console.log("OVERFLOW", name, over);
  await page.screenshot({ path: `/tmp/webdev/shots/${name}-${width}-${theme}-${lang}.png` });
}
await b.close();
