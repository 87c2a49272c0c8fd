import { defineConfig } from "vitest/config";

/** The packages as users get them: packed, installed in an empty folder, used. Needs a package registry. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node", "import"] } },
  test: {
    include: ["tests/package/**/*.test.ts"],
    testTimeout: 900_000,
    hookTimeout: 900_000,
    fileParallelism: false,
    pool: "forks",
  },
});
