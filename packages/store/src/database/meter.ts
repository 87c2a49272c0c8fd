/** How busy a database is at this moment. */
export interface DatabaseLoad {
  /** Writes that wait for their turn: for the next group on SQLite, for a connection (with the reads) on PostgreSQL. */
  readonly waiting: number;
  /** PostgreSQL's pool. */
  readonly connections?: { readonly open: number; readonly idle: number };
}

/** Who wants to know how the writes go. */
export interface DatabaseMeter {
  /** Called once, when the database is open, with what answers how it is loaded now. */
  watch(load: () => DatabaseLoad): void;
  /** After each commit: how many writes it made lasting, and how long it took from the first statement to the disk. */
  committed(writes: number, seconds: number): void;
}
