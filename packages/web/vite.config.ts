import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

/** The UI is built from the sources of the packages it uses, and served from any folder of any origin. */
export default defineConfig({
  base: "./",
  plugins: [react()],
  resolve: { conditions: ["@esteira/source", ...defaultClientConditions] },
  build: { outDir: "dist-web", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 700 },
  server: {
    proxy: Object.fromEntries(
      ["/ajax-api", "/get-artifact", "/version"].map((path) => [
        path,
        { target: process.env.MLFLOW_TRACKING_URI ?? "http://127.0.0.1:5000" },
      ]),
    ),
  },
});
