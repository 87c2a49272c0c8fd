import type { ModelVersion, Stage } from "@esteira/core/entities/registered-model";
import { expect, test } from "vitest";
import { planOf, targetIn, targetKey, targetText } from "./promotion-plan.ts";

const version = (number: string, currentStage: Stage): ModelVersion => ({
  ...{ name: "fraud", version: number, currentStage, source: "s3://m", status: "READY", tags: [], aliases: [] },
  ...{ creationTimestamp: 0, lastUpdatedTimestamp: 0, description: "", runLink: "" },
});
const now = {
  aliases: [{ alias: "champion", version: "2" }],
  versions: [version("3", "Staging"), version("2", "Production"), version("1", "Production")],
};

test("an alias leaves its holder; a stage archives all who stand there", () => {
  expect(planOf("3", { alias: "champion" }, now)).toMatchObject({ before: ["2"], archived: [], isSame: false });
  expect(planOf("3", { stage: "Production" }, now)).toMatchObject({
    ...{ before: ["2", "1"], archived: ["2", "1"], leaves: "Staging" },
  });
  expect(planOf("2", { alias: "champion" }, now).isSame).toBe(true);
  expect(planOf("3", { alias: "new" }, now).before).toEqual([]);
  expect(planOf("2", { stage: "Archived" }, now)).toMatchObject({ archived: [], leaves: "Production" });
});

test("targets have a text and a key that leads back", () => {
  const stages = { None: "Nenhum", Staging: "Homologação", Production: "Produção", Archived: "Arquivada" };
  expect(targetText({ stage: "Production" }, stages)).toBe("Produção");
  expect(targetText({ alias: "a:b" }, stages)).toBe("@a:b");
  for (const target of [{ alias: "a:b" }, { stage: "Production" }]) expect(targetIn(targetKey(target))).toEqual(target);
});
