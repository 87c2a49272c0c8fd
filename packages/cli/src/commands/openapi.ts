import type { Command } from "../command.ts";

export const openapi: Command = {
  name: "openapi",
  summary: "Print the description of the server's REST API (OpenAPI 3.1)",
  options: [],
  async run(_values, terminal) {
    const { mkdtemp, rm } = await import("node:fs/promises");
    const { tmpdir } = await import("node:os");
    const { join } = await import("node:path");
    const { startServer } = await import("@esteira/server/start");
    const folder = await mkdtemp(join(tmpdir(), "esteira-openapi-"));
    try {
      const server = await startServer({
        host: "127.0.0.1",
        port: 0,
        backendStoreUri: "sqlite:///:memory:",
        artifactsDestination: join(folder, "artifacts"),
      });
      try {
        const answer = await fetch(`${server.url}/api/esteira/v1/openapi.json`);
        terminal.out(JSON.stringify(await answer.json(), null, 2));
      } finally {
        await server.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return 0;
  },
};
