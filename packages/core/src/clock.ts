/** Now, in milliseconds since the epoch. Time is a parameter, so that tests and replays choose it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
