import { EsteiraError } from "@esteira/core/errors";
import { createContext } from "../../database/context.ts";
import type { Session } from "../../database/session.ts";
import { openSession } from "../../open.ts";
import { revisionOf } from "../check.ts";
import { connectExisting } from "../connect.ts";

/** A database that is there and MLflow's; nothing is created where there is none. */
export async function openForGc(uri: string): Promise<Session> {
  const existing = await connectExisting(uri);
  try {
    if ((await revisionOf(existing.db)) === "") {
      throw new EsteiraError("INVALID_STATE", `${existing.name} is not MLflow's: it has no alembic_version.`);
    }
  } finally {
    await existing.close();
  }
  return openSession(uri, createContext({ artifactRoot: "mlflow-artifacts:/" }));
}
