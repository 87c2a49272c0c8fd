import { defineConfig } from "vitest/config";

/** Images in a real registry, read by independent tools and run by real container runtimes. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/containers/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    pool: "forks",
    env: { NO_COLOR: "1" },
  },
});
