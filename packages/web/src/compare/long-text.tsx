import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { focusScroll } from "../shell/focus-scroll.ts";
import classes from "./compare.module.css";

/** A param may have a hundred thousand characters: a table shows so many, and the rest to who asks. */
const LONGEST = 500;

export function LongText({ value }: { readonly value: string }) {
  const text = useText();
  const [isWhole, setWhole] = useState(false);
  if (value.length <= LONGEST) return value;
  return (
    <>
      {isWhole ? (
        <div className={classes.whole} ref={focusScroll}>
          {value}
        </div>
      ) : (
        `${value.slice(0, LONGEST)}…`
      )}
      <button type="button" className={classes.more} aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
        {isWhole ? text.compare.showLess : text.compare.showWhole(value.length)}
      </button>
    </>
  );
}
