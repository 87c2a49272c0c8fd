import { defineConfig } from "vitest/config";

/** Models written by real MLflow with XGBoost and LightGBM, of today and of years ago, scored here. See `corpus.ts`. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/corpus/**/*.test.ts"],
    globalSetup: ["tests/corpus/make.ts"],
    testTimeout: 300_000,
    hookTimeout: 1_800_000,
    fileParallelism: false,
    pool: "forks",
  },
});
