import { defineConfig } from "vitest/config";

/**
 * Real MLflow clients and servers against this one. Needs a Python with MLflow: see `oracle.ts`. With
 * `ESTEIRA_TEST_BACKEND=postgres` both servers keep their data in PostgreSQL.
 */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/compat/**/*.test.ts"],
    globalSetup: process.env.ESTEIRA_TEST_BACKEND === "postgres" ? ["tests/postgres/cluster.ts"] : [],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    pool: "forks",
  },
});
