import { invalid } from "@esteira/core/errors";

/** What is to go, in the words of `mlflow gc`. */
export interface Selection {
  /** Only what was deleted at least so many milliseconds ago; `text` is how it was asked for. */
  readonly olderThan?: { readonly ms: number; readonly text: string } | undefined;
  /** These runs in place of all deleted ones; so for the others. */
  readonly runIds?: readonly string[] | undefined;
  readonly experimentIds?: readonly string[] | undefined;
  readonly loggedModelIds?: readonly string[] | undefined;
  /** Kinds without ids are left alone. MLflow removes all that is deleted of each kind for which no ids are given. */
  readonly onlyNamed?: boolean;
  /** Also what registered versions have their files in, as MLflow does. */
  readonly withRegistered?: boolean;
}

const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1000] as const;

/** Milliseconds of a time such as `30d`, `1.5h` or `2d8h5m20s`. */
export function parseAge(text: string): number {
  const match = /^(?:([.\d]+)d)?(?:([.\d]+)h)?(?:([.\d]+)m)?(?:([.\d]+)s)?$/.exec(text);
  const numbers = match?.slice(1).map((part) => (part === undefined ? 0 : Number(part))) ?? [];
  if (match === null || text === "" || numbers.some((number) => !Number.isFinite(number))) {
    throw invalid(
      `Could not parse any time information from '${text}'. Examples of valid strings: '8h', '2d8h5m20s', '2m4s'`,
    );
  }
  return Math.trunc(numbers.reduce((sum, number, index) => sum + number * (UNITS_MS[index] ?? 0), 0));
}
