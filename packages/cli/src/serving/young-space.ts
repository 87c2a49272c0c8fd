/**
 * V8's space for short-lived objects in a process that serves. It begins with 1 MiB and grows to 16 MiB, with as much again beside it, under any load,
 * and buffers of bodies, which only a sweep of it frees, pile up beside. What a usual request makes is dead with its answer: to sweep a
 * small space more often takes no longer. The objects of a very large body live through many sweeps, each of which copies them: these need the room.
 */

import { setFlagsFromString } from "node:v8";

/** Cells of a request, some thousand rows, whose objects do not fit into the small space. */
const LARGE = 2 ** 15;
/** V8's own. */
const GROWING = 2;

let isHeld = false;

// V8 reads the factor at each growth, so it takes effect in a process that runs. As an option of Node's command line it would not take 1.
const growBy = (factor: number): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

/** From now on the space stays as it is. To be called before the server's modules are loaded, which lets it grow. */
export function holdYoungSpace(): void {
  growBy(1);
  isHeld = true;
}

/** Tells how many cells a request had that was answered: the space grows from the first large one on. */
export function seeCells(count: number): void {
  if (!isHeld || count < LARGE) return;
  growBy(GROWING);
  isHeld = false;
}
