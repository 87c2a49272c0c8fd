import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";
import { pageFiles } from "./src/node/page-files.ts";

/** The UI is built from the sources of the packages it uses, and served from any folder of any origin. */
export default defineConfig({
  base: "./",
  plugins: [react(), pageFiles()],
  resolve: { conditions: ["@esteira/source", ...defaultClientConditions] },
  build: {
    outDir: "dist-web",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "application", tags: ["$initial"] },
            // What many pages have in common: as files of their own these took longer to ask for than to read.
            { name: "common", minShareCount: 4 },
          ],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ["/ajax-api", "/get-artifact", "/version"].map((path) => [
        path,
        { target: process.env.MLFLOW_TRACKING_URI ?? "http://127.0.0.1:5000" },
      ]),
    ),
  },
});
