import { ActionIcon, CloseButton, Popover } from "@mantine/core";
import { type KeyboardEvent, useId, useMemo, useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { HelpIcon, SearchIcon } from "../shell/icons.tsx";
import { completed, completionAt } from "./completion.ts";
import classes from "./filter-bar.module.css";
import { type Catalogued, faultPlace } from "./filter-words.ts";

const EXAMPLES = [
  "metrics.auc_pr > 0.8 and params.model = 'xgboost'",
  "attributes.status = 'FAILED' or metrics.loss IS NULL",
  "attributes.run_name ILIKE '%search%'",
  "not (tags.phase = 'late') and metrics.loss BETWEEN 0.1 AND 0.2",
  "params.max_depth IN ('4', '5')",
  "dataset.name = 'transfers'",
];

interface FilterBarProps {
  readonly filter: string;
  onFilter(filter: string): void;
  /** What is wrong with the filter, with its position. */
  readonly fault: string | undefined;
  readonly words: Catalogued;
  /** The field whose values are about to be offered, or that nothing is being written. */
  onField(column: string | undefined): void;
  /** Somebody begins to write: now all names are wanted. */
  onBegin(): void;
}

/** The search language, completed while it is written; applied by Enter or on leaving, so half a filter is never an error. */
export function FilterBar({ filter, onFilter, fault, words, onField, onBegin }: FilterBarProps) {
  const text = useText();
  const list = useId();
  const [draft, setDraft] = useState(filter);
  const [known, setKnown] = useState(filter);
  const [caret, setCaret] = useState<number>();
  const [active, setActive] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  if (known !== filter) {
    // The URL changed by itself (back, a link): the field follows.
    setKnown(filter);
    setDraft(filter);
  }
  const completion = useMemo(
    () => (caret === undefined ? undefined : completionAt(draft, caret, words)),
    [draft, caret, words],
  );
  // What is written already needs no list of one.
  const typed = completion && draft.slice(completion.from, completion.to);
  const options = completion?.options.filter((option, _, all) => all.length > 1 || option !== typed) ?? [];
  const isOpen = options.length > 0;

  const follow = (value: string, at: number | undefined) => {
    setDraft(value);
    setCaret(at);
    setActive(-1);
    onField(at === undefined ? undefined : completionAt(value, at, words).column);
  };
  const apply = (value: string) => {
    follow(value, undefined);
    if (value.trim() !== filter) onFilter(value.trim());
  };
  const choose = (option: string) => {
    if (completion === undefined) return;
    const next = completed(draft, completion, option);
    follow(next.text, next.caret);
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(next.caret, next.caret);
    });
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape" && caret !== undefined) {
      event.preventDefault();
      setCaret(undefined);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) return follow(draft, event.currentTarget.selectionStart ?? draft.length);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setActive((at) => (at + step + options.length + (at === -1 && step === -1 ? 1 : 0)) % options.length);
    } else if (event.key === "Enter" || (event.key === "Tab" && active !== -1 && isOpen)) {
      event.preventDefault();
      const option = isOpen ? options[active] : undefined;
      if (option === undefined) apply(draft);
      else choose(option);
    }
  };
  const place = fault === undefined ? undefined : faultPlace(fault, filter);

  return (
    <div className={classes.filter}>
      <div className={classes.field}>
        <span className={classes.icon}>
          <SearchIcon size={14} />
        </span>
        <input
          ref={input}
          className={classes.input}
          role="combobox"
          aria-label={text.runs.filterLabel}
          aria-expanded={isOpen}
          aria-controls={list}
          aria-autocomplete="list"
          aria-activedescendant={isOpen && active !== -1 ? `${list}-${active}` : undefined}
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : `${list}-fault`}
          placeholder={text.runs.filterPlaceholder}
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="off"
          autoCorrect="off"
          value={draft}
          onChange={(event) => follow(event.currentTarget.value, event.currentTarget.selectionStart ?? undefined)}
          onFocus={onBegin}
          onClick={(event) => follow(draft, event.currentTarget.selectionStart ?? undefined)}
          onKeyDown={onKey}
          onBlur={() => apply(draft)}
        />
        {draft === "" ? null : (
          <CloseButton
            size={24}
            aria-label={text.common.clear}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => apply("")}
          />
        )}
        <div className={classes.options} id={list} role="listbox" aria-label={text.runs.suggestions} hidden={!isOpen}>
          {options.map((option, at) => (
            // biome-ignore lint/a11y/useFocusableInteractive: focus stays in the field, as in every combobox.
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's.
            <div
              key={option}
              id={`${list}-${at}`}
              role="option"
              aria-selected={at === active}
              className={classes.option}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              <bdi>{option}</bdi>
            </div>
          ))}
        </div>
        {fault === undefined ? null : (
          <div className={classes.fault} id={`${list}-fault`} role="alert">
            {place === undefined ? null : (
              <button
                type="button"
                className={classes.faultText}
                title={text.runs.goToFault}
                onClick={() => {
                  input.current?.focus();
                  input.current?.setSelectionRange(place.from, place.to);
                }}
              >
                {excerpt(filter, place).map(({ words: part, isFault }) =>
                  isFault ? <mark key="fault">{part || "▮"}</mark> : <span key={`${part.length}:${part}`}>{part}</span>,
                )}
              </button>
            )}
            <span>{fault.replace(/ ?\(position \d+\)/, "")}</span>
          </div>
        )}
      </div>
      <Popover width={460} position="bottom-end" shadow="md" trapFocus returnFocus>
        <Popover.Target>
          <ActionIcon size={30} aria-label={text.runs.filterHelp} title={text.runs.filterHelp}>
            <HelpIcon />
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown maw="calc(100vw - 24px)">
          <p className={classes.helpText}>{text.runs.filterHelpIntro}</p>
          {EXAMPLES.map((example) => (
            <button key={example} type="button" className={classes.example} onClick={() => apply(example)}>
              {example}
            </button>
          ))}
          <p className={classes.helpText}>{text.runs.filterHelpQuotes}</p>
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}

const AROUND = 60;

/** The fault and what stands around it. */
function excerpt(filter: string, { from, to }: { from: number; to: number }) {
  const start = Math.max(0, from - AROUND);
  const end = Math.min(filter.length, to + AROUND);
  return [
    { words: `${start > 0 ? "…" : ""}${filter.slice(start, from)}`, isFault: false },
    { words: filter.slice(from, to), isFault: true },
    { words: `${filter.slice(to, end)}${end < filter.length ? "…" : ""}`, isFault: false },
  ];
}
