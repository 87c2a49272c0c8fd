import { defineConfig } from "vitest/config";

/** Endpoints of SageMaker: a stand-in for AWS's control plane, and real containers behind it. Real AWS with ESTEIRA_TEST_AWS=1. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/sagemaker/**/*.test.ts"],
    globalSetup: ["tests/sagemaker/setup.ts"],
    testTimeout: process.env.ESTEIRA_TEST_AWS === "1" ? 3_600_000 : 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    pool: "forks",
    env: { NO_COLOR: "1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  },
});
