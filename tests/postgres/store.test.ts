import { describeRegistryStore } from "@esteira/store/contract/registry-contract";
import { describeTrackingStore } from "@esteira/store/contract/tracking-contract";
import { openStore } from "@esteira/store/open";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { describe } from "vitest";

const open = async () => openStore({ uri: await newTestDatabase(), artifactRoot: "mlflow-artifacts:/" });

describe.skipIf(process.env["ESTEIRA_TEST_POSTGRES"] === undefined)("the store's contract", () => {
  describeTrackingStore("PostgreSQL", open);
  describeRegistryStore("PostgreSQL", open);
});
