import { describeBesideMlflow } from "@esteira/store/contract/mlflow-contract";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { describe } from "vitest";
import { findOracle, forMlflow } from "../compat/oracle.ts";

const oracle = findOracle();
if ("missing" in oracle) console.info(`skipped: MLflow beside the store on PostgreSQL: ${oracle.missing}`);

describe.skipIf("missing" in oracle)("PostgreSQL beside MLflow", () => {
  describeBesideMlflow("PostgreSQL", "python" in oracle ? oracle.python : "", async () => {
    const uri = await newTestDatabase();
    return { uri, mlflowUri: forMlflow(uri) };
  });
});
