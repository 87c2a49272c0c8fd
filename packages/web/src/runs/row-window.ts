/** Pixels of a row and of the heads above the rows. */
export const ROW_HEIGHT = 32;
export const HEAD_HEIGHT = 54;
/** Rows come and go so many at a time: to lay out one more costs nearly as much as to lay out eight. */
const STEP = 8;
/** Rows beyond each edge of what is seen. */
const BEYOND = 12;

/** Rows that are in the page: from, and up to but without. */
export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

/** The rows to have in the page when a table of `count` rows is scrolled so many pixels down, of which `height` are seen. */
export function rowWindow(scrollTop: number, height: number, count: number): RowWindow {
  const last = Math.max(0, count - Math.floor(height / ROW_HEIGHT));
  const first = Math.min(last, Math.max(0, Math.floor(scrollTop / ROW_HEIGHT)));
  const begin = Math.floor(first / STEP) * STEP;
  return {
    from: Math.max(0, begin - BEYOND),
    to: Math.min(count, begin + STEP + Math.ceil(height / ROW_HEIGHT) + BEYOND),
  };
}

/** Where to scroll so that a row is seen whole, below the heads; what is seen stays where it is. */
export function scrolledTo(index: number, scrollTop: number, height: number): number {
  const top = index * ROW_HEIGHT;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + ROW_HEIGHT + HEAD_HEIGHT - height);
}
