import type { SignalLabel, SignalName } from "./catalogue.ts";

export type SignalLabels = Readonly<Partial<Record<SignalLabel, string>>>;

/** One named value of a model in production, at an instant. What is not known is no signal: there is none with NaN. */
export interface Signal {
  readonly name: SignalName;
  /** Which feature, typology, version or arm it is of; without version and arm, of all that decide together. */
  readonly labels: SignalLabels;
  /** The span of decisions that it is of, milliseconds back from the instant; absent where the signal has no window of its own. */
  readonly windowMs?: number;
  readonly value: number;
}
