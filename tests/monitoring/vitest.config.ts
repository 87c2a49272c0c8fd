import { defineConfig } from "vitest/config";

/** What monitors show, read by a real Prometheus. Needs Debian's package prometheus; without it the tests say so. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/monitoring/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    pool: "forks",
  },
});
