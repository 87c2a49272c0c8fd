import { defineConfig } from "vitest/config";

/** What a machine does to a store: processes that are killed, disks that are full. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/faults/**/*.test.ts"],
    testTimeout: 900_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: "forks",
  },
});
