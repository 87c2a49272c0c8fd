import { NAMES } from "./containers.ts";
import { type Engine, EngineError, isTaken } from "./engine.ts";

/** A deployment's own network: its containers find each other there by name, and nobody else's are in it. */
export async function ensureNetwork(engine: Engine, name: string): Promise<void> {
  const body = {
    Name: NAMES.network(name),
    Driver: "bridge",
    CheckDuplicate: true,
    Labels: { "dev.esteira.network": name },
  };
  await engine
    .tell({ method: "POST", path: "/networks/create", body, doing: "make a network" })
    .catch((error: unknown) => {
      if (!isTaken(error)) throw error;
    });
}

export const dropNetwork = (engine: Engine, name: string): Promise<void> =>
  engine
    .tell({ method: "DELETE", path: `/networks/${NAMES.network(name)}`, doing: "remove a network" })
    .catch((error: unknown) => {
      if (!(error instanceof EngineError && error.httpStatus === 404)) throw error;
    });
