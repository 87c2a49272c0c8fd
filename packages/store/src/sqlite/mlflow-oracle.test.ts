import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { describeBesideMlflow } from "../contract/mlflow-contract.ts";

const python = process.env.ESTEIRA_ORACLE_PYTHON;
if (python === undefined) {
  console.info("skipped: real MLflow beside the store; set ESTEIRA_ORACLE_PYTHON to a Python that has mlflow 3.17");
}

describe.skipIf(python === undefined)("SQLite beside MLflow", () => {
  let folder: string;
  let made = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-oracle-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  describeBesideMlflow("SQLite", python ?? "", async () => {
    const uri = `sqlite:///${join(folder, `${++made}.db`)}`;
    return { uri, mlflowUri: uri };
  });
});
