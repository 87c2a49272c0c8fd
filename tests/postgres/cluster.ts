import { findPostgres, startCluster } from "../../packages/store/src/testing/postgres-cluster.ts";

/** One PostgreSQL server for the whole suite; each test makes databases of its own in it. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const found = await findPostgres();
  if ("missing" in found) {
    console.info(`skipped: ${found.missing}`);
    return undefined;
  }
  const cluster = await startCluster(found.bin);
  process.env.ESTEIRA_TEST_POSTGRES = cluster.uri("{}");
  return () => cluster.remove();
}
