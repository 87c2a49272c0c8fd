/** One key and its value in each run, in the order of the runs; undefined where a run lacks it. */
export interface ComparedLine<T> {
  readonly key: string;
  readonly values: readonly (T | undefined)[];
  readonly differs: boolean;
}

/** Every key that some run has, by name. NaN equals NaN: two runs that both failed to measure do not differ. */
export function comparedLines<T>(runs: readonly ReadonlyMap<string, T>[]): readonly ComparedLine<T>[] {
  const keys = [...new Set(runs.flatMap((run) => [...run.keys()]))].sort();
  return keys.map((key) => {
    const values = runs.map((run) => run.get(key));
    return { key, values, differs: values.some((value) => !Object.is(value, values[0])) };
  });
}
