/** What a stage of a pipeline is: read once from its folder, laid out once, then run on every row. */

import type { Column, Layout, Row } from "./row.ts";
import type { SavedStage } from "./saved-stage.ts";

/** A piece of work on a row. Pieces whose columns nobody asks for are left out, as Spark leaves them out. */
export interface Step {
  readonly reads: readonly Column[];
  readonly writes: readonly Column[];
  /** Present and true when the step may leave rows out, which counts whether or not its columns are asked for. */
  readonly filters?: boolean;
  /** False leaves the row out. Throws BAD_REQUEST for a row that the stage refuses. */
  run(row: Row): boolean;
}

export interface Stage {
  /** Throws INVALID_PARAMETER_VALUE when the columns there are do not fit. */
  layOut(layout: Layout): readonly Step[];
  /** The column that MLflow takes for the answer when this is the last stage: `outputCol` of a transformer. */
  readonly output: string | undefined;
}

/** The stages of a pipeline that is saved inside of a stage's folder. */
export type ReadNested = (folder: string) => Promise<readonly Stage[]>;

export type StageReader = (saved: SavedStage, readNested: ReadNested) => Promise<Stage> | Stage;

/** A step that keeps every row. */
export const always = (reads: readonly Column[], writes: readonly Column[], work: (row: Row) => void): Step => ({
  reads,
  writes,
  run(row) {
    work(row);
    return true;
  },
});
