import { Button, Menu } from "@mantine/core";
import { LANGUAGES } from "../i18n/language.ts";
import { useLanguage } from "../i18n/use-text.tsx";
import { CheckIcon } from "./icons.tsx";

export function LanguageMenu() {
  const { language, setLanguage, text } = useLanguage();
  const current = LANGUAGES.find(({ id }) => id === language)!;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px={8}
          aria-label={`${current.short} · ${text.shell.language}: ${current.name}`}
        >
          {current.short}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {LANGUAGES.map(({ id, name }) => (
          <Menu.Item
            key={id}
            lang={id}
            onClick={() => setLanguage(id)}
            rightSection={id === language ? <CheckIcon size={14} /> : null}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
