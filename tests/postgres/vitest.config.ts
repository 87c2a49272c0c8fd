import { defineConfig } from "vitest/config";

/** The store's contract and the server's routes on a real PostgreSQL server, which `cluster.ts` starts. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/postgres/**/*.test.ts", "packages/server/src/**/*.test.ts"],
    globalSetup: ["tests/postgres/cluster.ts"],
    env: { ESTEIRA_TEST_BACKEND: "postgres" },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: "forks",
  },
});
