import { type RefObject, useEffect, useRef, useState } from "react";

/** Whether the element is near the window now. */
export function useInView(): readonly [RefObject<HTMLElement | null>, boolean] {
  const element = useRef<HTMLElement>(null);
  const [inView, setInView] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)?.isIntersecting === true), {
      rootMargin: "300px",
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, inView];
}
