import { defineConfig } from "vitest/config";

/**
 * Pipelines of a real Spark, which `corpus.ts` makes and asks, scored without it. `swap/` puts one of them, and models of other
 * engines, behind one client. Needs Java 17 and a package registry.
 */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/spark/**/*.test.ts"],
    globalSetup: ["tests/spark/corpus.ts"],
    testTimeout: 900_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    pool: "forks",
  },
});
