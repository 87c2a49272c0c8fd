import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { modelCardSchema } from "@esteira/lifecycle/card/card";
import { gatherCard } from "@esteira/lifecycle/card/gather-card";
import { renderCardHtml } from "@esteira/lifecycle/card/render-html";
import { createClient } from "@esteira/sdk/client";
import { describe, expect, it, onTestFinished } from "vitest";
import { findOracle } from "./oracle.ts";
import { startEsteira, startMlflow } from "./servers.ts";

const run = promisify(execFile);
const oracle = findOracle();
const python = "python" in oracle ? oracle.python : "";
const reason = "missing" in oracle ? ` (skipped: ${oracle.missing})` : "";
const script = fileURLToPath(new URL("model-card.py", import.meta.url));

describe.skipIf(python === "")(`the card of a model that MLflow's client registered${reason}`, () => {
  it.each([
    ["MLflow's server", () => startMlflow(python, { workers: 1 }), ["timeline", "policy"]],
    ["Esteira's server", () => startEsteira(), []],
  ] as const)("is read from %s, and what it cannot know is said to be unknown", async (_, start, notOffered) => {
    const server = await start();
    onTestFinished(() => server.close());
    await run(python, [script, server.url], { env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: "true" } });
    const card = await gatherCard(createClient({ baseUrl: server.url }), "pix", "1", 0);
    expect(modelCardSchema.parse(card)).toEqual(card);
    expect(card).toMatchObject({
      model: { name: "pix", version: "1", purpose: "Fraud in Pix", aliases: ["champion"], inputs: 2, digest: null },
      data: { datasets: [{ name: "transfers", use: "training", rows: 400 }] },
      evaluation: { metrics: [{ name: "auc", value: 0.75, interval: null }], slices: [] },
      ...{ gate: null, parity: null, policy: null, approvals: [] },
      lineage: { run: { name: "train", status: "FINISHED" }, logged_model: expect.stringMatching(/^m-/) },
    });
    expect(card.model.flavors).toEqual(["python_function", "xgboost"]);
    expect(card.unknown.filter(({ why }) => why === "not_offered").map(({ fact }) => fact)).toEqual(notOffered);
    for (const fact of ["digest", "gate", "parity", "slices", "intervals", "endpoints"])
      expect(card.unknown.map((missing) => missing.fact)).toContain(fact);
    expect(renderCardHtml(card, { language: "pt-BR" })).toContain("O que não se sabe");
  });
});
