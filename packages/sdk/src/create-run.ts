import type { Run } from "@esteira/core/entities/run";
import { EsteiraError } from "@esteira/core/errors";
import type { Client } from "./client.ts";

type NewRun = Parameters<Client["runs"]["create"]>[0];

/** Tells a run that this very request has made from every other. */
const REQUEST_TAG = "esteira.request";
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/**
 * Makes one run, once: where the answer was lost, the run is looked for by a tag of this request before another is made.
 * Works on any server that speaks MLflow.
 */
export async function createRunOnce(client: Client, input: NewRun, requestId = randomId()): Promise<Run> {
  const tagged = { ...input, tags: [...(input.tags ?? []), { key: REQUEST_TAG, value: requestId }] };
  for (let attempt = 1; ; attempt++) {
    try {
      return await client.runs.create(tagged);
    } catch (error) {
      const unknown = error instanceof EsteiraError && error.code === "TEMPORARILY_UNAVAILABLE";
      if (!unknown || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      const { items } = await client.runs.search({
        experimentIds: [input.experimentId],
        filter: `tags.\`${REQUEST_TAG}\` = '${requestId}'`,
        maxResults: 1,
      });
      if (items[0] !== undefined) return items[0];
    }
  }
}

/** `crypto.randomUUID` is missing in pages that were not loaded over TLS. */
const randomId = (): string =>
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
