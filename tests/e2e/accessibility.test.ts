import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);

describe.skipIf(browserPath === undefined)("every page", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  /** Those with a state of their own (dialogs, groups, faults) are looked at where they are tried. */
  const addresses = (): readonly string[] => {
    const { experimentId, emptyExperimentId, childRunIds, modelName } = stage.seeded;
    const experiment = `experiments/${experimentId}`;
    const run = `${experiment}/runs/${childRunIds[0]}`;
    const compared = encodeURIComponent(JSON.stringify(childRunIds.slice(0, 3)));
    return [
      ...["experiments", experiment, `experiments/${emptyExperimentId}`],
      ...[run, `${run}?tab=charts`, `${run}?tab=artifacts`, `${run}?tab=model`, `${run}/threshold`],
      ...[`${experiment}/charts`, `compare-runs?runs=${compared}`],
      ...["parallel", "scatter", "contour", "importance", "curves"].map((view) => `${experiment}/charts?view=${view}`),
      ...["models", `models/${modelName}`, `models/${modelName}/versions/2`, "deployments"],
    ];
  };

  it.each(LOOKS)(
    "can be used by everybody in %s at %i pixels in %s",
    async (language, width, theme) => {
      const { page, complaints } = await stage.visit({ language, width, theme });
      for (const address of addresses()) {
        await openFresh(page, `${stage.url}/#/${address}`);
        await expectFaultless(page);
      }
      expect(complaints).toEqual([]);
    },
    300_000,
  );
});
