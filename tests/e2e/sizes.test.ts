import { gzipSync } from "node:zlib";
import type { Page, Response } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);

/** In kilobytes, compressed by gzip: what the first page may be, and any other with what it is alone. */
const FIRST_SCRIPTS = 250;
const SCRIPTS = 315;
const STYLES = 28;
/** Files of the application; answers of the server's API are not among them. */
const FILES = 38;

describe.skipIf(browserPath === undefined)("what a page is made of", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  /** Kilobytes of what an address loads in a fresh profile, by kind, and the number of files. */
  async function loaded(address: string) {
    const { page } = await stage.visit();
    const bodies: { kind: string; body: Promise<Buffer> }[] = [];
    const hear = (response: Response) => {
      if (response.url().includes("/ajax-api/") || !response.ok()) return;
      // A worker that has done its work no longer tells what it was made of.
      bodies.push({ kind: response.request().resourceType(), body: response.body().catch(() => Buffer.alloc(0)) });
    };
    page.on("response", hear);
    await openFresh(page, `${stage.url}/#/${address}`);
    page.off("response", hear);
    const kilobytes = async (kind: string) => {
      const sizes = bodies.filter((one) => one.kind === kind).map(async ({ body }) => gzipSync(await body).length);
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1000;
    };
    const measured = {
      ...{ scripts: await kilobytes("script"), styles: await kilobytes("stylesheet"), files: bodies.length },
      fonts: bodies.filter(({ kind }) => kind === "font").length,
    };
    await close(page);
    return measured;
  }
  const close = (page: Page) => page.context().close();

  it("keeps its budget, on every page", async () => {
    const { experimentId, childRunIds, modelName } = stage.seeded;
    const run = `experiments/${experimentId}/runs/${childRunIds[0]}`;
    const addresses = [
      ...["experiments", `experiments/${experimentId}`, `experiments/${experimentId}/charts`],
      ...[run, `${run}?tab=charts`, `${run}/threshold`],
      `compare-runs?runs=${encodeURIComponent(JSON.stringify(childRunIds.slice(0, 2)))}`,
      ...[
        "models",
        `models/${modelName}`,
        `models/${modelName}/versions/2`,
        `models/${modelName}/alerts`,
        "deployments",
      ],
    ];
    const above: string[] = [];
    for (const address of addresses) {
      const { scripts, styles, files, fonts } = await loaded(address);
      const isOver =
        scripts > (address === "experiments" ? FIRST_SCRIPTS : SCRIPTS) ||
        styles > STYLES ||
        files > FILES ||
        fonts > 0;
      if (isOver) above.push(`${address}: ${JSON.stringify({ scripts, styles, files, fonts })}`);
    }
    expect(above).toEqual([]);
  }, 180_000);
});
