import { Children, type ReactNode } from "react";
import classes from "./page.module.css";

/** A page whose content scrolls with the window; `full` gives its last child the rest of the height. */
export function Page({ full = false, children }: { full?: boolean; children: ReactNode }) {
  return <div className={full ? classes.full : classes.page}>{children}</div>;
}

export function Heading({ title, crumbs, children }: { title: ReactNode; crumbs?: ReactNode; children?: ReactNode }) {
  return (
    <div>
      {crumbs ? (
        <div className={classes.crumbs}>
          {Children.map(crumbs, (crumb, index) => (
            <span>
              {crumb}
              {index < Children.count(crumbs) - 1 ? " /" : ""}
            </span>
          ))}
        </div>
      ) : null}
      <div className={classes.heading}>
        <h1>{title}</h1>
        {children}
      </div>
    </div>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Names and values, one a line. Absent values leave their line out. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {facts
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <FactLine key={name} name={name} value={value} />
        ))}
    </dl>
  );
}

function FactLine({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

export const Dim = ({ children }: { children: ReactNode }) => <span className={classes.dim}>{children}</span>;
export const Mono = ({ children }: { children: ReactNode }) => <span className={classes.mono}>{children}</span>;
/** Somebody's words exactly as written: never HTML. */
export const Note = ({ children }: { children: string }) => <p className={classes.note}>{children}</p>;
