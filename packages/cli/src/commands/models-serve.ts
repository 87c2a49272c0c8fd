import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { MODEL_URI } from "../model-option.ts";
import { portOf } from "../port.ts";
import { trackingClient } from "../tracking.ts";

export const modelsServe: Command = {
  name: "models serve",
  summary: "Serve a model in real time (MLflow's scoring protocol), without Python",
  options: [
    MODEL_URI,
    { flags: "-h, --host <host>", summary: "address to listen on", default: "127.0.0.1" },
    { flags: "-p, --port <port>", summary: "port to listen on; 0 is any free one", default: "5000" },
  ],
  async run(values, terminal) {
    const { loadModel } = await import("@esteira/models/flavors/load-model");
    const { createScoringServer } = await import("@esteira/models/serving/scoring-server");
    const uri = text(values, "modelUri") ?? "";
    const host = text(values, "host") ?? "127.0.0.1";
    const port = portOf(text(values, "port"));
    const scratch = await mkdtemp(join(tmpdir(), "esteira-serve-"));
    try {
      const model = await loadModel(await fetchModel(uri, scratch, () => trackingClient(terminal)));
      const app = await createScoringServer({ model });
      try {
        const address = await app.listen({ host, port }).catch((error: unknown) => {
          if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
            throw new EsteiraError(
              "INVALID_PARAMETER_VALUE",
              `Port ${port} is already in use: choose another with --port, or 0 for any.`,
            );
          }
          throw error;
        });
        terminal.out(`Serving ${pc.bold(uri)} at ${pc.bold(address)}  ${pc.dim("(Ctrl-C stops it)")}`);
        await terminal.interrupted();
        return 0;
      } finally {
        await app.close();
      }
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};
