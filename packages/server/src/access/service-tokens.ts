import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { Scope, Token } from "@esteira/core/entities/access";
import { invalid } from "@esteira/core/errors";
import { canonicalExperimentId } from "./canonical.ts";
import { hashSecret, newToken } from "./secrets.ts";

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
const MOST_RESOURCES = 100;

/** Makes a service token. Its text is in the answer and nowhere else: only a hash of it is kept. */
export async function createServiceToken(
  store: AccessStore,
  clock: Clock,
  input: {
    userId: number;
    name: string;
    scopes: readonly Scope[];
    experimentIds: readonly string[];
    registeredModels: readonly string[];
    days: number;
  },
): Promise<{ readonly token: string; readonly info: Token }> {
  if (input.scopes.length === 0) throw invalid("A token needs a scope: read, write, registry or admin.");
  if (input.name.length > 255) throw invalid("The name of a token has at most 255 characters.");
  if (!Number.isInteger(input.days) || input.days < 1 || input.days > MOST_DAYS) {
    throw invalid(`A token lives from 1 to ${MOST_DAYS} days, not ${input.days}.`);
  }
  const resources = [
    ...[...new Set(input.experimentIds.map(canonicalExperimentId))].map((id) => ({ type: "experiment" as const, id })),
    ...[...new Set(input.registeredModels)].map((id) => ({ type: "registered_model" as const, id })),
  ];
  if (resources.length > MOST_RESOURCES) {
    throw invalid(`A token is bound to at most ${MOST_RESOURCES} experiments and models.`);
  }
  const { id, token } = newToken();
  const info = await store.createToken({
    id,
    userId: input.userId,
    name: input.name,
    hash: hashSecret(token),
    scopes: [...new Set(input.scopes)],
    resources,
    expiresAt: clock() + input.days * DAY_MS,
  });
  return { token, info };
}
