import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./charts.module.css";

type Brush = readonly [low: number, high: number];

interface AxisBrushProps {
  readonly label: string;
  /** Pixels. */
  readonly x: number;
  /** Pixels of a place of the axis, which runs from 0 to 1. */
  top(place: number): number;
  readonly brush: Brush | undefined;
  /** What lies at a place. */
  say(place: number): string;
  onBrush(brush: Brush | undefined): void;
}

const HALF = 9;
const REACH = 22;
const KEY_STEP = 0.02;
/** A shorter drag is a click, which takes the choice away. */
const LEAST = 0.015;
const WHOLE: Brush = [0, 1];
const inside = (place: number) => Math.min(1, Math.max(0, place));

/** Chooses a part of an axis: by dragging along it, or by its two ends, which arrow keys move. */
export function AxisBrush({ label, x, top, brush, say, onBrush }: AxisBrushProps) {
  const text = useText();
  const area = useRef<SVGRectElement>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const shown: Brush = drag ? [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)] : (brush ?? WHOLE);
  const isWhole = drag === undefined && brush === undefined;
  const placeOf = (event: PointerEvent) => {
    const { top: start, height } = area.current!.getBoundingClientRect();
    return inside(1 - (event.clientY - start) / height);
  };
  const set = ([low, high]: Brush) => onBrush(low <= 0 && high >= 1 ? undefined : [round(low), round(high)]);
  const onKey = (event: KeyboardEvent, end: 0 | 1) => {
    const by = new Map([
      ["ArrowUp", KEY_STEP],
      ["ArrowRight", KEY_STEP],
      ["ArrowDown", -KEY_STEP],
      ["ArrowLeft", -KEY_STEP],
      ["PageUp", 0.1],
      ["PageDown", -0.1],
      ["Home", -1],
      ["End", 1],
    ]).get(event.key);
    if (by === undefined) return;
    event.preventDefault();
    const moved = inside(shown[end] + by);
    set(end === 0 ? [Math.min(moved, shown[1]), shown[1]] : [shown[0], Math.max(moved, shown[0])]);
  };
  return (
    <g data-control="true">
      {isWhole ? null : (
        <rect
          className={classes.brush}
          x={x - HALF}
          width={2 * HALF}
          y={top(shown[1])}
          height={Math.max(2, top(shown[0]) - top(shown[1]))}
        />
      )}
      {/* Taken by the pointer; the ends below are what keys and readers have. */}
      <rect
        ref={area}
        className={classes.brushArea}
        x={x - REACH}
        width={2 * REACH}
        y={top(1)}
        height={top(0) - top(1)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: placeOf(event), to: placeOf(event) });
        }}
        onPointerMove={(event) => (drag === undefined ? undefined : setDrag({ ...drag, to: placeOf(event) }))}
        onPointerUp={() => {
          if (drag === undefined) return;
          setDrag(undefined);
          if (shown[1] - shown[0] < LEAST) onBrush(undefined);
          else set(shown);
        }}
        onPointerCancel={() => setDrag(undefined)}
      />
      {([0, 1] as const).map((end) => (
        <path
          key={end}
          className={classes.brushEnd}
          d={end === 0 ? `M${x - 6} ${top(shown[0]) + 8}h12l-6 -8z` : `M${x - 6} ${top(shown[1]) - 8}h12l-6 8z`}
          role="slider"
          tabIndex={0}
          aria-orientation="vertical"
          aria-label={end === 0 ? text.charts.brushFrom(label) : text.charts.brushTo(label)}
          aria-valuemin={0}
          aria-valuemax={1}
          aria-valuenow={shown[end]}
          aria-valuetext={say(shown[end])}
          onKeyDown={(event) => onKey(event, end)}
        />
      ))}
    </g>
  );
}

const round = (place: number) => Number(place.toFixed(3));
