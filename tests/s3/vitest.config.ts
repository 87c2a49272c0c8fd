import { defineConfig } from "vitest/config";

/** Artifacts on a real S3 server, which `gateway.ts` starts. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/s3/**/*.test.ts"],
    globalSetup: ["tests/s3/gateway.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    pool: "forks",
  },
});
