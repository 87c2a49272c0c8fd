import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { useModal } from "./dialog.tsx";
import { fuzzyFilter } from "./fuzzy.ts";
import { SearchIcon } from "./icons.tsx";
import classes from "./palette.module.css";
import { type Entry, type Group, runsNamedQuery, useEntries, useRunEntry } from "./palette-entries.ts";

/** Of each group so many are shown: what is not among them is found by typing more. */
const MOST: Record<Group, number> = { pages: 4, experiments: 6, models: 6, runs: 8, actions: 8 };
const WAIT_MS = 200;

/** Goes anywhere and does anything by a few letters. */
export default function Palette({ onClose }: { onClose(): void }) {
  const text = useText();
  const id = useId();
  const ref = useModal();
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const groups = useFound(query);
  const flat = groups.flatMap(({ found }) => found);
  const chosen = flat[Math.min(active, flat.length - 1)];
  const go = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    entry.act();
  };
  useEffect(() => {
    if (chosen !== undefined) document.getElementById(idOf(id, chosen.item))?.scrollIntoView({ block: "nearest" });
  }, [id, chosen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way, and `cancel` hears it.
    <dialog
      ref={ref}
      className={classes.palette}
      aria-label={text.shell.palette}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className={classes.field}>
        <SearchIcon />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen === undefined ? undefined : idOf(id, chosen.item)}
          aria-label={text.shell.palette}
          placeholder={text.shell.paletteHint}
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => {
            setQuery(event.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
            if (step !== undefined) {
              event.preventDefault();
              setActive((now) => (Math.min(now, flat.length - 1) + step + flat.length) % Math.max(1, flat.length));
            } else if (event.key === "Enter") {
              event.preventDefault();
              go(chosen?.item);
            }
          }}
        />
      </div>
      <div className={classes.list} role="listbox" id={`${id}-list`} aria-label={text.shell.palette} tabIndex={-1}>
        {groups.map(({ group, found }) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a listbox.
          <div key={group} role="group" aria-label={text.shell.groups[group]}>
            <div className={classes.group} aria-hidden="true">
              {text.shell.groups[group]}
            </div>
            {found.map(({ item, at }) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keyboard.
              <div
                key={item.key}
                id={idOf(id, item)}
                role="option"
                tabIndex={-1}
                aria-selected={item === chosen?.item}
                className={classes.option}
                onClick={() => go(item)}
                onPointerMove={() => setActive(flat.findIndex((one) => one.item === item))}
              >
                <Marked text={item.title} at={at} />
                {item.hint === undefined ? null : <span className={classes.hint}>{item.hint}</span>}
              </div>
            ))}
          </div>
        ))}
        {flat.length === 0 ? <p className={classes.nothing}>{text.shell.paletteNothing}</p> : null}
      </div>
      <div className={classes.foot}>{text.shell.paletteKeys}</div>
    </dialog>
  );
}

/** An id without blanks: what names several elements must be told apart. */
const idOf = (list: string, { key }: Entry): string => `${list}-${encodeURIComponent(key)}`;

/** What matches, by group, with the runs that the server finds once the typing pauses. */
function useFound(query: string) {
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(query.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [query]);
  const entries = useEntries();
  const runEntry = useRunEntry();
  const runs = useQuery(runsNamedQuery(asked)).data ?? [];
  const groups: readonly Group[] = ["pages", "experiments", "models", "runs", "actions"];
  return groups
    .map((group) => ({
      group,
      found: fuzzyFilter(
        group === "runs" ? (asked === "" ? [] : runs.map(runEntry)) : entries.filter((entry) => entry.group === group),
        query,
        ({ title }) => title,
        MOST[group],
      ),
    }))
    .filter(({ found }) => found.length > 0);
}

function Marked({ text, at }: { text: string; at: readonly number[] }) {
  const marked = new Set(at);
  // Long names are cut by the page, not here; of very long ones only the beginning can be seen anyway.
  const letters = Array.from(text.slice(0, 200).split(""), (letter, place) => ({ letter, place }));
  return (
    <span className={classes.title}>
      {letters.map(({ letter, place }) => (marked.has(place) ? <b key={place}>{letter}</b> : letter))}
    </span>
  );
}
