import { defineConfig } from "vitest/config";

/** The main job as a process: whole, stopped, in a bad place, at a terminal. A minute or more, so it is a suite of its own. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/job/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    pool: "forks",
  },
});
