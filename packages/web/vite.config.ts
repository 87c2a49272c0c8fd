import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";
import { pageFiles } from "./src/node/page-files.ts";

/** Our rooms of models, policies, flows, deployments and the timeline, and what they read of the wire. */
const LIFE =
  /packages[\\/](web[\\/]src[\\/](models|policy|deployments|api[\\/](flow|policy|timeline|deployment)-)|core[\\/]src[\\/](flow|policy|timeline|wire[\\/](flow|deployment|timeline)|entities[\\/]deployment)|sdk[\\/]src[\\/](flows|policies|timeline|deployments))/;

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
          // What a group needs stays where it is: else the first page would wait for rooms that it does not enter.
          includeDependenciesRecursively: false,
          groups: [
            { name: "application", tags: ["$initial"] },
            // What only the pages of models and deployments share: the first page needs none of it.
            { name: "life", test: LIFE, minShareCount: 2 },
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
