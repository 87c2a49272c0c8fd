import { defineConfig } from "vitest/config";

/** Generated requests, right and wrong, for every route of our own API description. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/fuzz/**/*.test.ts"],
    testTimeout: 900_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    pool: "forks",
  },
});
