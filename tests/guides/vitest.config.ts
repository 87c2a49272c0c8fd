import { defineConfig } from "vitest/config";

/** The guides of docs/ as a reader follows them, with the packed command. Needs a package registry; some need Python. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node", "import"] } },
  test: {
    include: ["tests/guides/**/*.test.ts"],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    pool: "forks",
  },
});
