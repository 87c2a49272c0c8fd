import { describeAccessStore } from "@esteira/store/contract/access-contract";
import { describeRegistryStore } from "@esteira/store/contract/registry-contract";
import { describeTrackingStore } from "@esteira/store/contract/tracking-contract";
import { describeWebhookStore } from "@esteira/store/contract/webhook-contract";
import { openStore } from "@esteira/store/open";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { newFernetKey } from "@esteira/store/webhooks/fernet";
import { describe } from "vitest";

const time = { now: 1_700_000_000_000 };
const open = async () => openStore({ uri: await newTestDatabase(), artifactRoot: "mlflow-artifacts:/" });

describe.skipIf(process.env.ESTEIRA_TEST_POSTGRES === undefined)("the store's contract", () => {
  describeTrackingStore("PostgreSQL", open);
  describeRegistryStore("PostgreSQL", open);
  describeWebhookStore(
    "PostgreSQL",
    async () =>
      openStore({
        uri: await newTestDatabase(),
        artifactRoot: "mlflow-artifacts:/",
        clock: () => time.now++,
        webhookKey: newFernetKey(),
      }),
    time,
  );
  describeAccessStore("PostgreSQL", open);
});
