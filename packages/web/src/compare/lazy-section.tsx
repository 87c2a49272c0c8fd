import type { ReactNode } from "react";
import { useEffect, useState } from "react";
import { useInView } from "../charts/seen.ts";
import { Section } from "../shell/page.tsx";
import { Loading } from "../shell/states.tsx";

/** A section whose content begins, and asks the server, once it has come near the window. */
export function LazySection({ title, children }: { readonly title: string; readonly children: () => ReactNode }) {
  const [frame, inView] = useInView();
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (inView) setSeen(true);
  }, [inView]);
  return (
    <section ref={frame}>
      <Section title={title}>{seen ? children() : <Loading lines={3} />}</Section>
    </section>
  );
}
