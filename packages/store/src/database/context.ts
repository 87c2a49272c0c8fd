import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "@esteira/core/clock";
import type { DatabaseMeter } from "./meter.ts";

/** What the aggregates need besides the database. */
export interface StoreContext {
  readonly clock: Clock;
  /** A number in [0, 1), for the names of runs. */
  readonly random: () => number;
  /** 32 hexadecimal digits. */
  readonly newId: () => string;
  /** URI under which experiments get their artifact locations, such as `mlflow-artifacts:/`. */
  readonly artifactRoot: string;
  readonly meter?: DatabaseMeter | undefined;
  /**
   * The digest (64 hexadecimal digits) of the model whose files lie at a location, read anew; undefined for a location that this process
   * does not read. Throws where it reads the location and finds no model.
   */
  readonly heldDigest?: ((location: string) => Promise<string | undefined>) | undefined;
}

export function createContext(options: {
  artifactRoot: string;
  clock?: Clock;
  random?: () => number;
  newId?: () => string;
  meter?: DatabaseMeter | undefined;
  heldDigest?: StoreContext["heldDigest"];
}): StoreContext {
  return {
    artifactRoot: options.artifactRoot,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    meter: options.meter,
    heldDigest: options.heldDigest,
    newId: options.newId ?? (() => randomUUID().replaceAll("-", "")),
  };
}

/** `base/part/part`, where the base may end in a slash (`mlflow-artifacts:/`) or hold a query. */
export function joinUri(base: string, ...parts: readonly string[]): string {
  const query = base.indexOf("?");
  const path = query === -1 ? base : base.slice(0, query);
  return `${path.replace(/\/+$/, "")}/${parts.join("/")}${query === -1 ? "" : base.slice(query)}`;
}
