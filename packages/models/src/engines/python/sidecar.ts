/** A Python beside this process that scores one model for as long as it is served: started again when it ends by itself. */

import { EsteiraError } from "@esteira/core/errors";
import type { Answer } from "../../format/answer.ts";
import { type PythonOptions, type PythonProcess, startPython } from "./python-process.ts";

export interface SidecarOptions extends PythonOptions {
  /** Seconds that a request may take, waiting for a start included; without end unless given. */
  readonly timeoutSeconds?: number | undefined;
}

export interface Sidecar {
  /** The process that answers now; undefined while there is none. */
  readonly pid: number | undefined;
  readonly versions: PythonProcess["versions"];
  /**
   * Throws TEMPORARILY_UNAVAILABLE (503) when Python ends meanwhile or is not there, DEADLINE_EXCEEDED (504) when it takes too long.
   * A request is never asked twice: it may be what ended Python.
   */
  ask(body: Uint8Array, contentType: string): Promise<Answer>;
  /** Ends Python, and with it what is still asked. */
  close(): Promise<void>;
}

/** When a process ended sooner than this after it was ready, and the next did too, the start after it waits; the pause grows. */
const SHORT_LIFE_MS = 10_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** Throws as `startPython` when the first start fails: later ones are tried again and again. */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { note } = options;
  let running: PythonProcess | undefined;
  /** A start under way; undefined when Python runs, and in the pause before the next try. */
  let starting: Promise<PythonProcess> | undefined;
  let shortLives = 0;
  let retry: NodeJS.Timeout | undefined;
  const closing = new AbortController();
  const { signal } = closing;

  const watch = (python: PythonProcess): PythonProcess => {
    const since = performance.now();
    running = python;
    starting = undefined;
    void python.ended.then((how) => {
      running = undefined;
      if (signal.aborted) return;
      shortLives = performance.now() - since < SHORT_LIFE_MS ? shortLives + 1 : 0;
      note?.(`The Python that scores the model ended (${how}); another takes its place.`);
      startAgain();
    });
    return python;
  };
  const startAgain = (): void => {
    const pause = shortLives < 2 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (shortLives - 2));
    retry = setTimeout(() => {
      starting = startPython({ ...options, signal }).then(watch);
      starting.catch((error: unknown) => {
        starting = undefined;
        if (signal.aborted) return;
        shortLives++;
        note?.(error instanceof Error ? error.message : String(error));
        startAgain();
      });
    }, pause);
  };
  const first = watch(await startPython(options));

  return {
    versions: first.versions,
    get pid() {
      return running?.pid;
    },
    async ask(body, contentType) {
      const seconds = options.timeoutSeconds;
      const asked = async (): Promise<{ python: PythonProcess; before: number; answer: Promise<Answer> }> => {
        const python = running ?? (await starting?.catch(() => undefined));
        if (python === undefined || signal.aborted)
          throw new EsteiraError(
            "TEMPORARILY_UNAVAILABLE",
            "The Python that scores this model is not there: it is started again, ask later.",
          );
        return { python, before: python.answered, answer: python.ask(body, contentType) };
      };
      const under = asked();
      if (seconds === undefined) return (await under).answer;
      return within(
        under.then(({ answer }) => answer),
        seconds,
        () => {
          void under.then(
            ({ python, before }) => {
              // Others are answered while this one waits: the request is slow. Nobody is: the process hangs.
              if (python.answered > before || python !== running) return;
              note?.(`The Python that scores the model has answered nobody for ${seconds} s: it is stopped.`);
              void python.stop();
            },
            () => {},
          );
        },
      );
    },
    async close() {
      closing.abort();
      clearTimeout(retry);
      const python = running ?? (await starting?.catch(() => undefined));
      await python?.stop();
    },
  };
}

async function within<T>(work: Promise<T>, seconds: number, onLate: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(new EsteiraError("DEADLINE_EXCEEDED", `The model did not answer this request within ${seconds} s.`));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
