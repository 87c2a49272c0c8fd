/** A point of the plane (each of 0 to 1) and its height. */
export interface Sample {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface Surface {
  readonly columns: number;
  readonly rows: number;
  /** Row by row from the low end of both axes. */
  readonly heights: Float64Array;
}

/** Nearer than this a cell has the sample's own height. */
const TOUCHING = 1e-9;

/**
 * Heights between samples: the mean of all samples, weighted by the inverse of their squared distance (Shepard 1968), at the
 * middle of each cell. It goes through the samples and never beyond their least and greatest.
 */
export function shepard(samples: readonly Sample[], columns: number, rows: number): Surface {
  const heights = new Float64Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [x, y] = [(column + 0.5) / columns, (row + 0.5) / rows];
      let [sum, mass] = [0, 0];
      for (const sample of samples) {
        const near = 1 / Math.max(TOUCHING, (sample.x - x) ** 2 + (sample.y - y) ** 2);
        sum += sample.z * near;
        mass += near;
      }
      heights[row * columns + column] = sum / mass;
    }
  }
  return { columns, rows, heights };
}

/**
 * Where a surface has a height: pieces of lines, each two points of the plane (0 to 1), by marching squares between the middles
 * of the cells.
 */
export function contour(
  { columns, rows, heights }: Surface,
  height: number,
): readonly (readonly [number, number, number, number])[] {
  const lines: [number, number, number, number][] = [];
  const place = (column: number, row: number): readonly [number, number] => [
    (column + 0.5) / columns,
    (row + 0.5) / rows,
  ];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ] as const;
      const crossings: (readonly [number, number])[] = [];
      for (let side = 0; side < 4; side++) {
        const [a, b] = [corners[side]!, corners[(side + 1) % 4]!];
        const [low, high] = [heights[a[1] * columns + a[0]]!, heights[b[1] * columns + b[0]]!];
        if (low < height === high < height) continue;
        const share = (height - low) / (high - low);
        const [from, to] = [place(a[0], a[1]), place(b[0], b[1])];
        crossings.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
      }
      for (let at = 0; at + 1 < crossings.length; at += 2) lines.push([...crossings[at]!, ...crossings[at + 1]!]);
    }
  }
  return lines;
}
