import type uPlot from "uplot";
import { moved, type Range } from "./scale.ts";

/** After the last turn of a wheel, the range is told once. */
const REST_MS = 160;
const WHEEL_ZOOM = 0.002;

/**
 * Panning and zooming by hand: Shift (or the middle button) and drag pans, as does a wheel sideways; with Ctrl a wheel zooms.
 * The canvas follows at once; the new range is told when the hand rests.
 *
 * @returns what takes all of it away again.
 */
export function bindMoves(
  plot: uPlot,
  isLog: () => boolean,
  told: { readonly current: { onRange(range: Range | undefined): void } },
): () => void {
  const { over } = plot;
  const shown = (): Range => [plot.scales.x?.min ?? 0, plot.scales.x?.max ?? 1];
  const show = ([min, max]: Range) => plot.setScale("x", { min, max });
  let drag: { readonly from: Range; readonly left: number } | undefined;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const down = (event: PointerEvent) => {
    if (!(event.shiftKey && event.button === 0) && event.button !== 1) return;
    event.preventDefault();
    drag = { from: shown(), left: event.clientX };
    over.setPointerCapture(event.pointerId);
  };
  // The canvas must not begin to choose a part while it is panned.
  const press = (event: MouseEvent) => {
    if (event.shiftKey || event.button === 1) event.stopImmediatePropagation();
  };
  const move = (event: PointerEvent) => {
    if (drag !== undefined) show(moved(drag.from, (drag.left - event.clientX) / over.clientWidth, 1, 0, isLog()));
  };
  const up = () => {
    if (drag === undefined) return;
    drag = undefined;
    told.current.onRange(shown());
  };
  const wheel = (event: WheelEvent) => {
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    const isZoom = event.ctrlKey;
    if (!isZoom && Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
    event.preventDefault();
    const anchor = (event.clientX - over.getBoundingClientRect().left) / over.clientWidth;
    show(
      isZoom
        ? moved(shown(), 0, Math.exp(event.deltaY * WHEEL_ZOOM), anchor, isLog())
        : moved(shown(), sideways / over.clientWidth, 1, 0, isLog()),
    );
    clearTimeout(resting);
    resting = setTimeout(() => told.current.onRange(shown()), REST_MS);
  };

  over.addEventListener("pointerdown", down);
  over.addEventListener("mousedown", press, { capture: true });
  over.addEventListener("pointermove", move);
  over.addEventListener("pointerup", up);
  over.addEventListener("pointercancel", up);
  over.addEventListener("wheel", wheel, { passive: false });
  return () => {
    clearTimeout(resting);
    over.removeEventListener("pointerdown", down);
    over.removeEventListener("mousedown", press, { capture: true });
    over.removeEventListener("pointermove", move);
    over.removeEventListener("pointerup", up);
    over.removeEventListener("pointercancel", up);
    over.removeEventListener("wheel", wheel);
  };
}
