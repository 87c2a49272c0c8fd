import { ActionIcon, CloseButton, Popover, TextInput } from "@mantine/core";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { HelpIcon, SearchIcon } from "../shell/icons.tsx";
import classes from "./runs-page.module.css";

const EXAMPLES = [
  "metrics.auc_pr > 0.8 and params.model = 'xgboost'",
  "attributes.status = 'FAILED'",
  "attributes.run_name ILIKE '%search%'",
  "tags.`mlflow.user` = 'ana'",
  "params.max_depth IS NOT NULL",
  "dataset.name = 'transfers'",
];

interface FilterBarProps {
  readonly filter: string;
  onFilter(filter: string): void;
  /** What the server says is wrong with the filter. */
  readonly error: string | undefined;
}

/** MLflow's search language; applied by Enter or on leaving the field, so half a filter is never an error. */
export function FilterBar({ filter, onFilter, error }: FilterBarProps) {
  const text = useText();
  const [draft, setDraft] = useState(filter);
  const [known, setKnown] = useState(filter);
  if (known !== filter) {
    // The URL changed by itself (back, a link): the field follows.
    setKnown(filter);
    setDraft(filter);
  }
  const apply = (value: string) => {
    setDraft(value);
    if (value.trim() !== filter) onFilter(value.trim());
  };
  return (
    <form
      className={classes.filter}
      onSubmit={(event) => {
        event.preventDefault();
        apply(draft);
      }}
    >
      <TextInput
        className={classes.filterField}
        classNames={{ input: classes.filterInput ?? "" }}
        aria-label={text.runs.filterLabel}
        placeholder={text.runs.filterPlaceholder}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={() => apply(draft)}
        error={error}
        errorProps={{ fz: 12 }}
        leftSection={<SearchIcon size={14} />}
        rightSection={
          draft === "" ? null : <CloseButton size="xs" aria-label={text.common.clear} onClick={() => apply("")} />
        }
      />
      <Popover width={420} position="bottom-end" shadow="md" trapFocus>
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
    </form>
  );
}
