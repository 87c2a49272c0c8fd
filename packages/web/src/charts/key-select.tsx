import { NativeSelect, TextInput } from "@mantine/core";
import { memo, useId, useState } from "react";

interface KeySelectProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  onChange(value: string): void;
}

/** A longer list is searched by typing. */
const LISTED = 150;

/** One of some names; of many names, by typing a part of one. */
export const KeySelect = memo(function KeySelect({ label, value, choices, onChange }: KeySelectProps) {
  return choices.length <= LISTED ? (
    <NativeSelect
      size="xs"
      label={label}
      value={value}
      data={[...choices]}
      onChange={(event) => onChange(event.currentTarget.value)}
      maw={210}
    />
  ) : (
    <TypedKey key={value} label={label} value={value} choices={choices} onChange={onChange} />
  );
});

function TypedKey({ label, value, choices, onChange }: KeySelectProps) {
  const list = useId();
  const nameOf = (of: string) => choices.find((choice) => choice.value === of)?.label ?? "";
  const [draft, setDraft] = useState(nameOf(value));
  const apply = (text: string) => {
    const found = choices.find((choice) => choice.label === text);
    if (found !== undefined && found.value !== value) onChange(found.value);
    return found;
  };
  return (
    <>
      <TextInput
        size="xs"
        label={label}
        list={list}
        value={draft}
        onChange={(event) => {
          setDraft(event.currentTarget.value);
          apply(event.currentTarget.value);
        }}
        onBlur={() => (apply(draft) === undefined ? setDraft(nameOf(value)) : undefined)}
        maw={210}
      />
      <datalist id={list}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.label} />
        ))}
      </datalist>
    </>
  );
}
