/** Ours: the chain of changes of the registry. */
export interface TimelineTables {
  esteira_timeline: {
    sequence: number;
    at: number;
    /** The model's name before the change. */
    model: string;
    /** Where the change was a rename. */
    new_name: string | null;
    /** Canonical JSON: a `TimelineEntry`. */
    entry: string;
    /** See `entryHash`. */
    hash: string;
  };
  esteira_timeline_head: { id: number; sequence: number; at: number; hash: string };
}
