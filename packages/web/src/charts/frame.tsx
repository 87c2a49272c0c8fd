import { useComputedColorScheme } from "@mantine/core";
import type { ReactNode, Ref } from "react";
import { AROUND } from "./palette.ts";

export interface FrameAxis {
  readonly title: string;
  /** Marks by their place on the axis: 0 at its low end, 1 at its high end. */
  readonly marks: readonly { readonly place: number; readonly text: string }[];
}

/** Pixels around the plane. */
export const BOTTOM = 44;
export const TOP = 12;
const RIGHT = 16;
const LONGEST = 18;

export interface Plane {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where the plane lies in a drawing of this size. */
export function planeOf(width: number, height: number, up: FrameAxis): Plane {
  const left = 30 + 6.4 * Math.min(LONGEST, Math.max(3, ...up.marks.map(({ text }) => text.length)));
  return { left, top: TOP, width: Math.max(20, width - left - RIGHT), height: height - TOP - BOTTOM };
}

const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** Two axes with their marks, and between them what is drawn. Colours are written out, so that it can be saved as it is. */
export function Frame(props: {
  readonly width: number;
  readonly height: number;
  readonly across: FrameAxis;
  readonly up: FrameAxis;
  readonly children: (plane: Plane) => ReactNode;
  readonly drawing: Ref<SVGSVGElement>;
}) {
  const { width, height, across, up, children, drawing } = props;
  const around = AROUND[useComputedColorScheme("light")];
  const plane = planeOf(width, height, up);
  const { left, top } = plane;
  const bottom = top + plane.height;
  // Names of categories must not run into each other.
  const every = Math.ceil(
    (Math.max(4, ...across.marks.map(({ text }) => short(text).length)) * 7 * across.marks.length) / plane.width,
  );
  return (
    <svg
      ref={drawing}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      fontSize={11}
      aria-hidden="true"
    >
      {up.marks.map(({ place, text }) => (
        <g key={`${place} ${text}`}>
          <path d={`M${left} ${bottom - place * plane.height}h${plane.width}`} stroke={around.grid} />
          <text x={left - 7} y={bottom - place * plane.height + 4} textAnchor="end" fill={around.dim}>
            {short(text)}
          </text>
        </g>
      ))}
      {across.marks.map(({ place, text }, at) =>
        at % every === 0 ? (
          <g key={`${place} ${text}`}>
            <path d={`M${left + place * plane.width} ${top}v${plane.height}`} stroke={around.grid} />
            <text x={left + place * plane.width} y={bottom + 16} textAnchor="middle" fill={around.dim}>
              {short(text)}
            </text>
          </g>
        ) : null,
      )}
      <text x={left + plane.width / 2} y={bottom + 35} textAnchor="middle" fill={around.text}>
        {across.title}
      </text>
      <text transform={`translate(13 ${top + plane.height / 2}) rotate(-90)`} textAnchor="middle" fill={around.text}>
        {up.title}
      </text>
      {children(plane)}
    </svg>
  );
}
