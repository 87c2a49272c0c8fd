import type { Arm } from "@esteira/core/entities/deployment";
import { type Client, createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);

const WORDS = {
  en: {
    ended: "Ended ones too",
    rollBack: "Roll back…",
    sure: "Roll back",
    alone: /^No runner is attached to docker at risk-1/,
    goingBack: "Rolling back",
    rolledBack: "Rolled back",
    flow: /^Flow \d+ has deployed it/,
    where: "Where it runs",
    champion: /^The champion is version 2, and this serves version 3/,
    before: "Nothing was served before.",
    empty: /^Nothing that was deployed/,
    notDone: /^The rollback that anonymous asked for did not come about/,
    version: (version: string) => `Version ${version}`,
  },
  "pt-BR": {
    ended: "Também as encerradas",
    rollBack: "Voltar…",
    sure: "Voltar",
    alone: /^Nenhum executor está conectado a docker em risk-1/,
    goingBack: "Voltando",
    rolledBack: "Revertida",
    flow: /^O fluxo \d+ fez a implantação/,
    where: "Onde roda",
    champion: /^O campeão é a versão 2, e esta atende com a versão 3/,
    before: "Nada foi atendido antes.",
    empty: /^Nenhuma implantação foi informada/,
    notDone: /^A volta que anonymous pediu não aconteceu/,
    version: (version: string) => `Versão ${version}`,
  },
} as const;

const image = (version: string) => `registry.example.com:5000/pix-fraud@sha256:${version.repeat(64)}`;

describe.skipIf(browserPath === undefined)("deployments", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  /** A model with three versions, the second of them champion, and what serves them at a place of this name. */
  async function world(client: Client, name: string, place: string) {
    await client.registeredModels.create({ name });
    for (const version of ["1", "2", "3"])
      await client.modelVersions.create({ name, source: `s3://models/${version}` });
    await client.registeredModels.setAlias(name, "champion", "2");
    const arm = (role: Arm["role"], version: string, share?: number): Arm => ({
      ...{ role, uri: `models:/${name}/${version}`, image: image(version) },
      ...(share === undefined ? {} : { share }),
    });
    const record = (version: string, more: object) =>
      client.deployments.record({
        ...{ model: name, version, target: "docker", place, name: `${name}-scoring`, kind: "applied" },
        ...{ arms: [arm("primary", version, 1)], url: "http://risk-1:8080", generation: Number(version) },
        ...more,
      });
    return { arm, record };
  }

  it.each(LOOKS)(
    "are shown with what they serve, change as they do, and go back by one button, in %s",
    async (...look) => {
      const [language, width, theme] = look;
      const words = WORDS[language];
      const client = createClient({ baseUrl: stage.url });
      const [name, place] = [`pix-${language.toLowerCase()}`, `risk-1 ${language}`];
      const { page, complaints } = await stage.visit({ language, width, theme });
      if (language === "en") {
        await openFresh(page, `${stage.url}/#/deployments`);
        await page.getByText(words.empty).waitFor();
        await expectFaultless(page);
      }
      const { arm, record } = await world(client, name, place);
      await record("2", {});
      await record("3", { name: `${name}-old`, kind: "removed" });
      await record("2", {
        name: `${name}-canary`,
        arms: [arm("primary", "2", 0.95), arm("canary", "3", 0.05), arm("shadow", "1")],
      });
      await record("3", {
        name: `${name}-canary`,
        kind: "failed",
        note: "the model wants <b>a column</b> that is not there",
      });

      await openFresh(page, `${stage.url}/#/deployments?q=${name}`);
      const row = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: `${name}-scoring` }) });
      await row.getByRole("link", { name: `${name} · ${words.version("2")}` }).waitFor();
      expect(await page.getByRole("link", { name: `${name}-old` }).count()).toBe(0);
      await expectFaultless(page);
      // What is deployed meanwhile is seen without asking.
      await record("3", { former: [arm("primary", "2", 1)] });
      await row.getByRole("link", { name: `${name} · ${words.version("3")}` }).waitFor();
      await page.getByLabel(words.ended).check({ force: true });
      await page.getByRole("link", { name: `${name}-old` }).waitFor();

      await page.getByRole("link", { name: `${name}-canary` }).click();
      await page.getByText("the model wants <b>a column</b> that is not there").first().waitFor();
      await page.getByText(words.before).waitFor();
      await expectFaultless(page);

      // Nobody is there who could go back: it is said, with what to do, and the button rests.
      await openFresh(page, `${stage.url}/#/deployments?q=${name}`);
      await page.getByRole("link", { name: `${name}-scoring` }).click();
      await page.getByText(words.champion).waitFor();
      const dialog = page.getByRole("dialog");
      await page.getByRole("button", { name: words.rollBack }).click();
      await dialog.getByText(words.alone).waitFor();
      const sure = dialog.getByRole("button", { name: words.sure, exact: true });
      expect(await sure.isDisabled()).toBe(true);
      await expectFaultless(page);

      // A runner comes, and does what is asked for.
      const claim = () => client.deployments.claim(`risk-1/${language}`, [{ target: "docker", place }]);
      expect(await claim()).toBeUndefined();
      await dialog.getByText(words.alone).waitFor({ state: "detached" });
      await sure.click();
      await dialog.waitFor({ state: "detached" });
      await page.getByText(words.goingBack, { exact: true }).waitFor();
      const held = await claim();
      expect(held).toMatchObject({ deployment: { former: [{ uri: `models:/${name}/2` }] }, order: { generation: 3 } });
      await record("2", { kind: "rolled-back", generation: 4, former: [arm("primary", "3", 1)], note: "asked for" });
      if (held !== undefined) await client.deployments.settle(held, "done", "it serves");
      await page.getByRole("cell", { name: words.rolledBack }).waitFor();
      await page.getByText(words.goingBack, { exact: true }).waitFor({ state: "detached" });
      await expectFaultless(page);

      await page.goto(`${stage.url}/#/models/${name}/versions/2`);
      await page.getByRole("heading", { name: words.where }).waitFor();
      await page.getByRole("link", { name: `${name}-scoring` }).waitFor();
      await expectFaultless(page);
      await page.goto(`${stage.url}/#/models?q=${name}`);
      await page.getByRole("link", { name: `${name}-scoring · ${words.version("2")}` }).waitFor();
      await expectFaultless(page);
      expect(complaints).toEqual([]);
    },
    180_000,
  );

  it("that a flow has made go back by the flow, and a rollback that failed says why", async () => {
    const client = createClient({ baseUrl: stage.url });
    const [name, place] = ["pix-flow", "risk-1 flow"];
    const words = WORDS.en;
    const { arm, record } = await world(client, name, place);
    await client.flows.set(name, {});
    const flow = await client.flows.start(name, "3");
    const { id } = await record("3", { flow: flow.id, former: [arm("primary", "2", 1)] });
    const { page, complaints } = await stage.visit();
    await openFresh(page, `${stage.url}/#/deployments/${name}/${id}`);
    await page.getByRole("button", { name: words.rollBack }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(words.flow).waitFor();
    await dialog.getByRole("button", { name: words.sure, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    expect((await client.flows.get(name, flow.id)).flow.outcome).toBe("rolled-back");

    const other = await record("3", { name: `${name}-own`, former: [arm("primary", "2", 1)] });
    const claim = () => client.deployments.claim("risk-1/flow", [{ target: "docker", place }]);
    await claim();
    await client.deployments.rollback(name, other.id);
    const held = await claim();
    if (held !== undefined) await client.deployments.settle(held, "failed", "the image is not there any more");
    await page.goto(`${stage.url}/#/deployments/${name}/${other.id}`);
    await page.getByText(words.notDone).waitFor();
    await page.getByText("the image is not there any more").waitFor();
    await expectFaultless(page);
    expect(complaints).toEqual([]);
  });
});
