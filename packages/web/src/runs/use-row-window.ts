import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";
import { type RowWindow, rowWindow } from "./row-window.ts";

/** The rows of a table of `count` that are in the page, as its frame is scrolled and grows. */
export function useRowWindow(frame: RefObject<HTMLElement | null>, count: number): RowWindow {
  const [place, setPlace] = useState({ top: 0, height: window.innerHeight });
  const shown = rowWindow(place.top, place.height, count);
  const [from, to] = [shown.from, shown.to];
  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measured = new ResizeObserver(() => setPlace({ top: element.scrollTop, height: element.clientHeight }));
    measured.observe(element);
    return () => measured.disconnect();
  }, [frame]);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const scrolled = () => {
      const { scrollTop: top, clientHeight: height } = element;
      const next = rowWindow(top, height, count);
      if (next.from === from && next.to === to) return;
      // Who jumps to where no row is yet sees none for a frame, unless it is drawn at once.
      if (next.from > to || next.to < from) flushSync(() => setPlace({ top, height }));
      else setPlace({ top, height });
    };
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => element.removeEventListener("scroll", scrolled);
  }, [frame, count, from, to]);
  return shown;
}
