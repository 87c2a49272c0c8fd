/** Waits until AWS has done with an endpoint what it was told. */

import type { DescribeEndpointOutput, SageMaker } from "@aws-sdk/client-sagemaker";
import { EsteiraError } from "@esteira/core/errors";
import { ifThere } from "./errors.ts";

const BUSY = new Set(["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"]);
const FIRST_MS = 400;
const LAST_MS = 10_000;

export const isBusy = (status: string | undefined): boolean => BUSY.has(status ?? "");

export interface Waiting {
  readonly seconds: number;
  readonly signal: AbortSignal | undefined;
  /** Told each state that it comes to. */
  readonly note: (line: string) => void;
}

/** Resolves with how the endpoint is then; undefined when there is none any more. */
export async function settled(
  client: SageMaker,
  name: string,
  { seconds, signal, note }: Waiting,
): Promise<DescribeEndpointOutput | undefined> {
  const deadline = performance.now() + seconds * 1000;
  let said: string | undefined;
  for (let pause = FIRST_MS; ; pause = Math.min(LAST_MS, pause * 1.3)) {
    signal?.throwIfAborted();
    const endpoint = await ifThere(`describe the endpoint ${name}`, () =>
      client.describeEndpoint({ EndpointName: name }),
    );
    const status = endpoint?.EndpointStatus;
    if (!isBusy(status)) return endpoint;
    if (status !== said) note(`The endpoint ${name} is ${status}.`);
    said = status;
    if (performance.now() > deadline) {
      throw new EsteiraError(
        "DEADLINE_EXCEEDED",
        `The endpoint ${name} is still ${status} after ${seconds} seconds: AWS goes on, and the same command goes on waiting.`,
      );
    }
    await quiet(pause, signal);
  }
}

const quiet = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((done) => {
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    }
  });
