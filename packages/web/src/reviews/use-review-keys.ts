import { useEffect, useRef } from "react";
import { singleKeysOn } from "../shell/single-keys.ts";
import { isWriting } from "../shell/use-shortcuts.ts";

export const REVIEW_KEYS = {
  j: "next",
  k: "previous",
  f: "fraud",
  n: "legitimate",
  c: "inconclusive",
  u: "undo",
} as const;
type ReviewKey = (typeof REVIEW_KEYS)[keyof typeof REVIEW_KEYS];

const isKey = (key: string): key is keyof typeof REVIEW_KEYS => Object.hasOwn(REVIEW_KEYS, key);

/** Hears the keys of the queue while nobody writes. A key that is held down means one press. */
export function useReviewKeys(act: (key: ReviewKey) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, repeat } = event;
      if (!isKey(key) || ctrlKey || metaKey || altKey || repeat || isWriting(event.target) || !singleKeysOn()) return;
      event.preventDefault();
      latest.current(REVIEW_KEYS[key]);
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
}
