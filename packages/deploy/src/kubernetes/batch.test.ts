import { expect, it } from "vitest";
import { type Batch, batchJob, batchSchedule } from "./batch.ts";
import { USUAL_LIMITS } from "./job.ts";

const batch: Batch = {
  ...{ name: "nightly", model: "models:/pix/3", image: `registry.example/pix@sha256:${"a".repeat(64)}` },
  ...{ input: "/data/in/{date}.parquet", output: "https://store.example/$(HOME).csv", keep: ["id"], volume: "rows" },
  ...{
    env: { NOTE: "$$" },
    secrets: { MLFLOW_TRACKING_TOKEN: { secret: "mlflow", key: "token" } },
    limits: USUAL_LIMITS,
  },
};

it("scores with the image's own argument, and nothing that was given is expanded", () => {
  const { spec, name } = batchJob(batch, "America/Sao_Paulo");
  expect(name).toMatch(/^nightly-[0-9a-f]{8}$/);
  expect(spec).toMatchObject({
    template: {
      spec: {
        containers: [
          {
            args: ["predict"],
            env: [
              { name: "NOTE", value: "$$$$" },
              { name: "ESTEIRA_INPUT", value: "/data/in/{date}.parquet" },
              { name: "ESTEIRA_OUTPUT", value: "https://store.example/$$(HOME).csv" },
              { name: "ESTEIRA_KEEP", value: "id" },
              { name: "ESTEIRA_TIMEZONE", value: "America/Sao_Paulo" },
              { name: "MLFLOW_TRACKING_TOKEN", valueFrom: { secretKeyRef: { name: "mlflow", key: "token" } } },
            ],
          },
        ],
      },
    },
  });
});

it("runs by the clock of a place, one at a time", () => {
  const schedule = { schedule: "0 3 * * *", timeZone: "America/Sao_Paulo", isSuspended: true };
  expect(batchSchedule(batch, schedule, "fraud")).toMatchObject({
    ...{ kind: "CronJob", metadata: { name: "nightly", namespace: "fraud" } },
    spec: {
      ...{ timeZone: "America/Sao_Paulo", concurrencyPolicy: "Forbid", suspend: true },
      startingDeadlineSeconds: 3600,
    },
  });
  expect(() => batchSchedule(batch, { ...schedule, schedule: "each day" }, "fraud")).toThrow(
    "The schedule 'each day' is none: expected five fields",
  );
});

it.each([
  [{ input: "/home/ana/rows.csv" }, "The input '/home/ana/rows.csv' is not where a pod could find it"],
  [{ output: "/data/x.csv", volume: undefined, input: "runs:/a/b.csv" }, "The output '/data/x.csv' is not where"],
  [{ name: "Nightly" }, "'Nightly' cannot be the name"],
])("refuses %j", (more, why) => {
  expect(() => batchJob({ ...batch, ...more })).toThrow(why);
});
