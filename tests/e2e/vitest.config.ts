import { defineConfig } from "vitest/config";

/** The web UI in a real browser against a real server. Needs Chromium: CHROMIUM_PATH, or `chromium` on the PATH. */
export default defineConfig({
  resolve: { conditions: ["@esteira/source"] },
  ssr: { resolve: { conditions: ["@esteira/source", "node"] } },
  test: {
    include: ["tests/e2e/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
    pool: "forks",
  },
});
