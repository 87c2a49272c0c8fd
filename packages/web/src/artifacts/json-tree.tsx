import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./json-tree.module.css";

/** Members of one value drawn at once. */
const SHOWN = 200;
/** What is shallower is open at first. */
const OPEN_DEPTH = 2;
/** Characters of one text that are drawn. */
const LONGEST = 2_000;

/** A JSON value as a tree whose branches open; what is closed is not drawn. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className={classes.tree}>
      <Branch name={undefined} value={value} depth={0} />
    </div>
  );
}

function Branch({ name, value, depth }: { name: string | undefined; value: unknown; depth: number }) {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH);
  const label = name === undefined ? null : <span className={classes.name}>{name}</span>;
  if (typeof value !== "object" || value === null) {
    return (
      <div className={classes.leaf}>
        {label} <Leaf value={value} />
      </div>
    );
  }
  const members = Object.entries(value);
  const brackets = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`;
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {label} <span className={classes.count}>{brackets}</span>
      </summary>
      {isOpen ? <Members members={members} depth={depth + 1} /> : null}
    </details>
  );
}

function Members({ members, depth }: { members: readonly (readonly [string, unknown])[]; depth: number }) {
  const text = useText();
  return (
    <div className={classes.inside}>
      {members.slice(0, SHOWN).map(([name, value]) => (
        <Branch key={name} name={name} value={value} depth={depth} />
      ))}
      {members.length > SHOWN ? (
        <div className={classes.count}>{text.artifacts.notShown(members.length - SHOWN)}</div>
      ) : null}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") return <span className={classes.text}>{JSON.stringify(value.slice(0, LONGEST))}</span>;
  return <span className={classes.plain}>{String(value)}</span>;
}
