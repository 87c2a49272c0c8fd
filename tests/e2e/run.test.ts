import { createClient } from "@esteira/sdk/client";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const WORDS = {
  en: {
    edit: "Edit",
    notes: "Notes",
    save: "Save the notes",
    undo: "Undo",
    crossed: /Somebody else has changed these notes/,
    keepMine: "Keep mine",
    actions: "Actions",
    rename: "Rename…",
    name: "Name",
    saveName: "Rename",
    delete: "Delete",
    deleted: "This run is deleted.",
    wasDeleted: "a plain name is deleted.",
    system: "System metrics",
    rows: "2 rows",
  },
  "pt-BR": {
    edit: "Editar",
    notes: "Notas",
    save: "Salvar as notas",
    undo: "Desfazer",
    crossed: /Outra pessoa alterou estas notas/,
    keepMine: "Ficar com as minhas",
    actions: "Ações",
    rename: "Renomear…",
    name: "Nome",
    saveName: "Renomear",
    delete: "Excluir",
    deleted: "Esta execução está excluída.",
    wasDeleted: "a plain name foi excluída.",
    system: "Métricas do sistema",
    rows: "2 linhas",
  },
} as const;

const NOTE =
  "# Threshold\n\n**0.5 %** of [alerts](https://bcb.gov.br) <img src=x onerror=alert(1)>\n\n[trap](javascript:alert(1))";
const ODD_NAME = "‮evil <b>🧪</b>\nname";

describe.skipIf(browserPath === undefined)("a run's page", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const open = (page: Page, path: string) => openFresh(page, `${stage.url}/#/experiments/${path}`);

  it.each(LOOKS)("is annotated, renamed, deleted, and each is undone, in %s", async (language, width, theme) => {
    const words = WORDS[language];
    const client = createClient({ baseUrl: stage.url });
    const { experimentId } = stage.seeded;
    const run = await client.runs.create({ experimentId, runName: ODD_NAME, startTime: Date.now() });
    const id = run.info.runId;
    const metric = (key: string) => ({ key, value: 0.5, timestamp: 0, step: 0 });
    await client.runs.logBatch(id, {
      metrics: [metric("auc_pr"), metric("system/cpu_utilization_percentage")],
      params: [{ key: "long", value: "x".repeat(6000) }],
    });
    const noteOf = async () =>
      (await client.runs.get(id)).data.tags.find(({ key }) => key === "mlflow.note.content")?.value;

    const { page, complaints } = await stage.visit({ language, width, theme });
    await open(page, `${experimentId}/runs/${id}`);
    await page.getByRole("heading", { name: words.system }).waitFor();
    await page.getByRole("button", { name: words.edit }).click();
    await page.getByRole("textbox", { name: words.notes }).fill(NOTE);
    await page.getByRole("heading", { name: "Threshold" }).waitFor();
    await expectFaultless(page);
    await page.getByRole("button", { name: words.save }).click();
    await expect.poll(noteOf).toBe(NOTE);
    // Markdown is shown, HTML is text, and only what leads somewhere is a link.
    await page.getByText("<img src=x onerror=alert(1)>").first().waitFor();
    expect(await page.getByRole("link", { name: "alerts" }).getAttribute("rel")).toContain("noopener");
    expect(await page.getByRole("link", { name: "trap" }).count()).toBe(0);

    // Two people write: the second is told, and loses nothing.
    await page.getByRole("button", { name: words.edit }).click();
    await page.getByRole("textbox", { name: words.notes }).fill("mine");
    await client.runs.setTag(id, { key: "mlflow.note.content", value: "theirs" });
    await page.getByRole("button", { name: words.save }).click();
    await page.getByText(words.crossed).waitFor();
    expect(await page.getByRole("textbox", { name: words.notes }).inputValue()).toBe("mine");
    expect(await noteOf()).toBe("theirs");
    await page.getByRole("button", { name: words.keepMine }).click();
    await page.getByRole("button", { name: words.save }).click();
    await expect.poll(noteOf).toBe("mine");

    await page.getByRole("button", { name: words.actions }).click();
    await page.getByRole("menuitem", { name: words.rename }).click();
    const dialog = page.getByRole("dialog", { name: words.rename });
    await dialog.getByLabel(words.name).fill("a plain name");
    await dialog.getByRole("button", { name: words.saveName }).click();
    await page.getByRole("heading", { name: "a plain name" }).waitFor();

    await page.getByRole("button", { name: words.actions }).click();
    await page.getByRole("menuitem", { name: words.delete }).click();
    await page.getByText(words.deleted).waitFor();
    await expectFaultless(page);
    // Renaming may still be told of, and can be undone too.
    const notice = page.getByRole("status").locator("div").filter({ hasText: words.wasDeleted });
    await notice.getByRole("button", { name: words.undo }).click();
    await page.getByText(words.deleted).waitFor({ state: "detached" });
    expect((await client.runs.get(id)).info.lifecycleStage).toBe("active");
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)(
    "shows Parquet files, logged tables and JSON as what they hold in %s",
    async (language, width, theme) => {
      const words = WORDS[language];
      const client = createClient({ baseUrl: stage.url });
      const [id] = stage.seeded.childRunIds;
      const run = await client.runs.get(id ?? stage.seeded.parentRunId);
      const uri = run.info.artifactUri;
      const parquet = parquetWriteBuffer({
        columnData: [
          { name: "payer", data: ["ana <b>", "bruno"], type: "STRING" },
          { name: "amount", data: [12.5, 900.25], type: "DOUBLE" },
        ],
      });
      await client.artifacts.write(uri, "data/rows.parquet", new Uint8Array(parquet));
      await client.artifacts.write(
        uri,
        "data/table.json",
        JSON.stringify({ columns: ["payee"], data: [["carla"], ["davi"]] }),
      );

      const { page, complaints } = await stage.visit({ language, width, theme });
      const at = (path: string) =>
        `${stage.seeded.experimentId}/runs/${run.info.runId}?tab=artifacts&path=${encodeURIComponent(path)}`;
      await open(page, at("data/rows.parquet"));
      for (const cell of ["ana <b>", "900.25"]) await page.getByRole("cell", { name: cell }).waitFor();
      await page.getByText(words.rows).waitFor();
      await expectFaultless(page);
      await open(page, at("data/table.json"));
      await page.getByRole("cell", { name: "davi" }).waitFor();
      await expectFaultless(page);
      await open(page, at("gate/evidence.json"));
      await page.getByText("verdict").waitFor();
      await expectFaultless(page);
      for (const tab of ["model", "charts"]) {
        await open(page, `${stage.seeded.experimentId}/runs/${run.info.runId}?tab=${tab}`);
        await expectFaultless(page);
      }
      expect(complaints).toEqual([]);
    },
  );
});
