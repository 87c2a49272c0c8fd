import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillSample } from "@esteira/store/contract/sample-data";
import { snapshot } from "@esteira/store/contract/snapshot";
import { backUp } from "@esteira/store/maintenance/backup";
import { checkDatabase } from "@esteira/store/maintenance/check";
import { connectExisting } from "@esteira/store/maintenance/connect";
import { openStore } from "@esteira/store/open";
import { findPostgres } from "@esteira/store/testing/postgres-cluster";
import { newTestDatabase, query } from "@esteira/store/testing/test-database";
import { expect, test } from "vitest";

const postgres = await findPostgres();

test.skipIf("missing" in postgres)("a PostgreSQL database is checked, backed up and restored whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "esteira-backup-"));
  const [uri, restored] = [await newTestDatabase(), await newTestDatabase()];
  const store = await openStore({ uri, artifactRoot: "mlflow-artifacts:/" });
  await fillSample(store, 3);
  const before = await snapshot(store);
  const check = async () => {
    const database = await connectExisting(uri);
    const report = await checkDatabase(database);
    await database.close();
    return report;
  };
  expect(await check()).toMatchObject({ revision: "dc11669786a5", faults: [] });
  expect((await check()).counts["runs (deleted)"]).toBeGreaterThan(0);

  const file = join(folder, "mlflow.dump");
  await backUp(uri, file);
  await store.close();
  const bin = "bin" in postgres ? postgres.bin : "";
  execFileSync(join(bin, "pg_restore"), ["--no-owner", "--exit-on-error", "--dbname", restored, file]);
  const again = await openStore({ uri: restored, artifactRoot: "mlflow-artifacts:/" });
  expect(await snapshot(again)).toEqual(before);
  await again.close();

  await query(uri, "update alembic_version set version_num = 'acf3f17fdcc7'");
  expect((await check()).faults[0]).toContain("mlflow db upgrade");
  await rm(folder, { recursive: true });
});
