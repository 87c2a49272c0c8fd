import { Button } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { DownIcon, UpIcon } from "../shell/icons.tsx";
import classes from "./compare.module.css";

/** Keys that the walk shows, with names for screen readers in their own notation. */
const NEXT = "Alt+ArrowDown";
const PREVIOUS = "Alt+ArrowUp";

const differences = () => [...document.querySelectorAll<HTMLElement>("[data-difference]")];

/** From one line on which the runs differ to the next, by buttons or by Alt with the arrows. */
export function DifferenceWalk() {
  const text = useText();
  const [place, setPlace] = useState<{ readonly at: number; readonly of: number }>();
  const go = useCallback((by: 1 | -1) => {
    const all = differences();
    if (all.length === 0) {
      setPlace({ at: 0, of: 0 });
      return;
    }
    const here = all.findIndex((line) => line.matches(":focus"));
    // From elsewhere: the first below what has the focus or what is seen.
    const from =
      here >= 0
        ? here + by
        : Math.max(
            0,
            all.findIndex((line) => line.getBoundingClientRect().top > 0),
          );
    const at = (from + all.length) % all.length;
    all[at]!.focus({ preventScroll: true });
    all[at]!.scrollIntoView({ block: "center" });
    setPlace({ at: at + 1, of: all.length });
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      go(event.key === "ArrowDown" ? 1 : -1);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [go]);
  return (
    <span className={classes.walk}>
      <Button.Group>
        <Button
          variant="default"
          leftSection={<UpIcon size={13} />}
          title={text.compare.previousHint}
          aria-keyshortcuts={PREVIOUS}
          onClick={() => go(-1)}
        >
          {text.compare.previous}
        </Button>
        <Button
          variant="default"
          leftSection={<DownIcon size={13} />}
          title={text.compare.nextHint}
          aria-keyshortcuts={NEXT}
          onClick={() => go(1)}
        >
          {text.compare.next}
        </Button>
      </Button.Group>
      <span className={classes.walked} role="status">
        {place === undefined
          ? ""
          : place.of === 0
            ? text.compare.noDifferences
            : text.compare.differenceOf(place.at, place.of)}
      </span>
    </span>
  );
}
