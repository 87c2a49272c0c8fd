import { describeDeployments } from "@esteira/store/contract/deployment-contract";
import { describeFlows } from "@esteira/store/contract/flow-contract";
import { describePolicies } from "@esteira/store/contract/policy-contract";
import { describeReviews } from "@esteira/store/contract/review-contract";
import { describeRunOrder } from "@esteira/store/contract/run-order-contract";
import { describeSharedDatabase } from "@esteira/store/contract/sharing-contract";
import { describeStore } from "@esteira/store/contract/store-contract";
import { describeTimeline } from "@esteira/store/contract/timeline-contract";
import { describeTrusts } from "@esteira/store/contract/trust-contract";
import { createContext } from "@esteira/store/database/context";
import { openSession, openStore } from "@esteira/store/open";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { describe } from "vitest";

describe.skipIf(process.env.ESTEIRA_TEST_POSTGRES === undefined)("the store's contract", () => {
  describeStore("PostgreSQL", async (options) =>
    openStore({ uri: await newTestDatabase(), artifactRoot: "mlflow-artifacts:/", ...options }),
  );
  describeRunOrder("PostgreSQL", async () =>
    openSession(await newTestDatabase(), createContext({ artifactRoot: "mlflow-artifacts:/" })),
  );
  describeTimeline("PostgreSQL", newTestDatabase);
  describePolicies("PostgreSQL", newTestDatabase);
  describeTrusts("PostgreSQL", newTestDatabase);
  describeFlows("PostgreSQL", newTestDatabase);
  describeDeployments("PostgreSQL", newTestDatabase);
  describeReviews("PostgreSQL", newTestDatabase);
  describeSharedDatabase("PostgreSQL", async (count) => {
    const uri = await newTestDatabase();
    return Promise.all(Array.from({ length: count }, () => openStore({ uri, artifactRoot: "mlflow-artifacts:/" })));
  });
});
