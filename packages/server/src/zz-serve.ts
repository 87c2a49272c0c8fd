import { startServer } from "@esteira/server/start";
const t=performance.now();
const s = await startServer({ host: "127.0.0.1", port: Number(process.env.PORT ?? 5722), backendStoreUri: "sqlite:////tmp/ours/e.db", artifactsDestination: "/tmp/ours/art" });
console.log(s.url, "ready in", performance.now()-t, "ms", "process", performance.now());
