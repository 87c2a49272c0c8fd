import { defineConfig } from "vitest/config";

/** Deployments on a real Kubernetes, which `suite.ts` starts where its programs were built. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/kubernetes/**/*.test.ts"],
    globalSetup: ["tests/kubernetes/suite.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    pool: "forks",
    env: { NO_COLOR: "1" },
  },
});
