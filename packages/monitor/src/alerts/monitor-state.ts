import { readFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import type { Delivery } from "../delivery/outbox.ts";
import type { ServiceHistory } from "../signals/service-counters.ts";
import { writeWhole } from "../whole-file.ts";
import type { Alert } from "./alert.ts";
import type { Told } from "./notification.ts";

/** Everything that a monitor must still know after its process has died. */
export interface MonitorState {
  readonly format: 1;
  readonly model: string;
  /** The instant of the last look, milliseconds; null before the first. */
  readonly lookedAt: number | null;
  readonly alerts: readonly Alert[];
  readonly told: readonly Told[];
  readonly outbox: readonly Delivery[];
  /** What services have counted, as far back as a rule asks. */
  readonly services: ServiceHistory;
}

export const emptyState = (model: string): MonitorState => ({
  format: 1,
  model,
  lookedAt: null,
  alerts: [],
  told: [],
  outbox: [],
  services: {},
});

/**
 * The state kept in a file; an empty one where there is no file yet.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE when the file is not a state, or is another model's.
 */
export async function readState(path: string, model: string): Promise<MonitorState> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return emptyState(model);
    throw error;
  }
  const state = parsed(text);
  if (
    state?.format !== 1 ||
    !Array.isArray(state.alerts) ||
    !Array.isArray(state.outbox) ||
    !Array.isArray(state.told) ||
    !state.services
  )
    throw invalid(
      `${path} is not the state of a monitor: move it away, and every alert that still holds is told anew.`,
    );
  if (state.model !== model)
    throw invalid(`${path} is the state of ${state.model} and not of ${model}: give each monitor a state of its own.`);
  return state;
}

function parsed(text: string): MonitorState | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the state: it is on the disk, whole, when this resolves, and until then the one before is. */
export const writeState = (path: string, state: MonitorState): Promise<void> => writeWhole(path, JSON.stringify(state));
