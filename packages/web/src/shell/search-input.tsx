import { CloseButton, TextInput } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { SearchIcon } from "./icons.tsx";

export function SearchInput(props: { label: string; value: string; onChange(value: string): void; width?: number }) {
  const text = useText();
  return (
    <TextInput
      data-search
      aria-label={props.label}
      placeholder={props.label}
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      leftSection={<SearchIcon size={14} />}
      rightSection={
        props.value === "" ? null : (
          <CloseButton size={24} aria-label={text.common.clear} onClick={() => props.onChange("")} />
        )
      }
      w={props.width ?? 260}
      maw="100%"
    />
  );
}
