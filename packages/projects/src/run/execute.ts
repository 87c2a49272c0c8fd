import { EsteiraError } from "@esteira/core/errors";
import type { Backend, Outcome, Task } from "../backends/backend.ts";
import type { BackendSettings } from "./settings.ts";

/** What stops a task from outside. */
export interface Stop {
  /** Asks it to end. */
  readonly cancelled: AbortSignal;
  /** Does not wait any longer. */
  readonly killed: AbortSignal;
}

const TAIL_CHARACTERS = 4000;

/**
 * Runs a task to its end: again where it ended with an error and the settings have attempts left.
 *
 * @param onRetry before another attempt, with the reason.
 * @throws EsteiraError INVALID_STATE with the reason when the last attempt fails, is cancelled, or takes too long.
 */
export async function execute(
  backend: Backend,
  given: Omit<Task, "limits" | "onRetry">,
  settings: BackendSettings,
  stop: Stop,
  onRetry: (reason: string) => Promise<void>,
): Promise<void> {
  const task: Task = { ...given, limits: settings, onRetry };
  const retries = backend.repeats === true ? 0 : settings.retries;
  for (let attempt = 0; ; attempt++) {
    const reason = await once(backend, task, settings, stop);
    if (reason === undefined) return;
    if (!reason.mayRetry || attempt >= retries) throw new EsteiraError("INVALID_STATE", reason.text);
    await onRetry(reason.text);
  }
}

interface Reason {
  readonly text: string;
  readonly mayRetry: boolean;
}

async function once(backend: Backend, task: Task, settings: BackendSettings, stop: Stop): Promise<Reason | undefined> {
  if (stop.cancelled.aborted) return CANCELLED;
  let tail = "";
  const decoder = new TextDecoder();
  const execution = await backend.start({
    ...task,
    onOutput: (chunk, stream) => {
      if (stream === "err" || backend.mixesStreams === true)
        tail = (tail + decoder.decode(chunk, { stream: true })).slice(-TAIL_CHARACTERS);
      task.onOutput(chunk, stream);
    },
  });
  const cancel = () => execution.cancel();
  const kill = () => execution.kill();
  stop.cancelled.addEventListener("abort", cancel);
  stop.killed.addEventListener("abort", kill);
  if (stop.cancelled.aborted) cancel();
  let late = false;
  const timer =
    settings.timeoutSeconds === undefined || backend.repeats === true
      ? undefined
      : setTimeout(() => {
          late = true;
          cancel();
        }, settings.timeoutSeconds * 1000);
  try {
    const outcome = await execution.wait();
    if (stop.cancelled.aborted) return CANCELLED;
    if (late)
      return { text: `The command took more than ${settings.timeoutSeconds} s and was ended.`, mayRetry: false };
    return reasonOf(outcome, tail);
  } finally {
    clearTimeout(timer);
    stop.cancelled.removeEventListener("abort", cancel);
    stop.killed.removeEventListener("abort", kill);
  }
}

const CANCELLED: Reason = { text: "Cancelled.", mayRetry: false };

function reasonOf(outcome: Outcome, tail: string): Reason | undefined {
  if (outcome.kind === "failed") return { text: outcome.reason, mayRetry: false };
  if (outcome.kind === "signalled") return { text: `The command was ended by ${outcome.signal}.`, mayRetry: true };
  if (outcome.code === 0) return undefined;
  const last =
    tail
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1)
      ?.trim() ?? "";
  return { text: `The command ended with code ${outcome.code}${last === "" ? "." : `: ${last}`}`, mayRetry: true };
}
