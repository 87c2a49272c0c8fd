import { useCallback, useMemo, useState } from "react";

/** So many selected runs are kept in the address; more of them only as long as the page is open. */
const MOST_IN_ADDRESS = 60;

/** Which runs are selected: in the address while they are few, so that the selection can be shared. */
export function useSelection(inAddress: readonly string[] | undefined, keep: (ids: string[] | undefined) => void) {
  const [many, setMany] = useState<ReadonlySet<string>>();
  const few = useMemo(() => new Set(inAddress), [inAddress]);
  const selected = many ?? few;
  const set = useCallback(
    (next: ReadonlySet<string>) => {
      const fits = next.size <= MOST_IN_ADDRESS;
      setMany(fits ? undefined : next);
      keep(fits && next.size > 0 ? [...next] : undefined);
    },
    [keep],
  );
  const select = useCallback(
    (ids: readonly string[], on: boolean) => {
      const next = new Set(selected);
      for (const id of ids) {
        if (on) next.add(id);
        else next.delete(id);
      }
      set(next);
    },
    [selected, set],
  );
  return { selected, select, clear: useCallback(() => set(new Set()), [set]) };
}
