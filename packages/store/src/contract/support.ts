import { type ErrorCode, EsteiraError } from "@esteira/core/errors";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { expect } from "vitest";

/** Gives an empty store of the kind under test. */
export type OpenStore<Port> = () => Promise<Port & { close(): Promise<void> }>;

/** The store under test, opened before the first test of its suite. */
export interface TrackingSubject {
  readonly store: TrackingStore;
}

export const NO_ENTRIES = { metrics: [], params: [], tags: [] };

let experiments = 0;
export const newExperiment = (store: TrackingStore): Promise<ExperimentId> =>
  store.createExperiment({ name: `experiment ${++experiments}`, tags: [] });

/** The call fails with this code, and its message holds this text. */
export async function refused(call: Promise<unknown>, code: ErrorCode, text: string): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EsteiraError);
  expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
}

export async function newRun(store: TrackingStore, experimentId: ExperimentId): Promise<RunId> {
  return (await store.createRun({ experimentId, userId: "ana", startTime: 1000, tags: [] })).info.runId;
}
