import { defineConfig } from "vitest/config";

/** The default suite: what needs only Node, git and pip. Suites with other needs have configurations of their own. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["packages/*/src/**/*.test.{ts,tsx}", "pix-fraud/src/**/*.test.ts", "tests/default/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Workers are processes: a native library that misbehaves must not take the runner with it.
    pool: "forks",
    // What is printed is compared as words; where CI is set, they would be coloured.
    env: { NO_COLOR: "1" },
  },
});
