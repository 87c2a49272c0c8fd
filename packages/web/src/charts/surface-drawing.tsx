import { useMemo } from "react";
import { type Dimension, scaleOf } from "./dimensions.ts";
import type { Plane } from "./frame.tsx";
import { sequentialColor } from "./palette.ts";
import { contour, shepard } from "./surface.ts";

const COLUMNS = 72;
const ROWS = 44;
/** Heights at which lines are drawn, as shares of the whole. */
const LEVELS = [0.1, 0.3, 0.5, 0.7, 0.9];

/** The plane between runs in the colour of a quantity, with lines of equal height. */
export function SurfaceDrawing(props: {
  readonly plane: Plane;
  readonly points: readonly { readonly run: number; readonly left: number; readonly top: number }[];
  readonly color: Dimension;
  readonly dark: boolean;
}) {
  const { plane, points, color, dark } = props;
  const surface = useMemo(() => {
    const scale = scaleOf(color, 0);
    const samples = points.flatMap(({ run, left, top }) => {
      const z = scale?.place(color.values[run]);
      return z === undefined ? [] : [{ x: left, y: top, z: Number.isNaN(z) ? 0.5 : z }];
    });
    return samples.length === 0 ? undefined : shepard(samples, COLUMNS, ROWS);
  }, [points, color]);
  if (surface === undefined) return null;
  const [cell, row] = [plane.width / COLUMNS, plane.height / ROWS];
  return (
    <g shapeRendering="geometricPrecision">
      {[...surface.heights].map((height, at) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
          key={at}
          x={plane.left + (at % COLUMNS) * cell}
          y={plane.top + plane.height - (Math.floor(at / COLUMNS) + 1) * row}
          // A hair wider, so that no seam shows between cells.
          width={cell + 0.5}
          height={row + 0.5}
          fill={sequentialColor(0.15 + 0.85 * height, dark)}
        />
      ))}
      {LEVELS.map((level) => (
        <path
          key={level}
          fill="none"
          stroke={dark ? "#14171b" : "#ffffff"}
          strokeOpacity={0.65}
          d={contour(surface, level)
            .map(
              ([x1, y1, x2, y2]) =>
                `M${(plane.left + x1 * plane.width).toFixed(1)} ${(plane.top + (1 - y1) * plane.height).toFixed(1)}L${(plane.left + x2 * plane.width).toFixed(1)} ${(plane.top + (1 - y2) * plane.height).toFixed(1)}`,
            )
            .join("")}
        />
      ))}
    </g>
  );
}
