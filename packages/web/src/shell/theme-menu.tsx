import { ActionIcon, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import { CheckIcon, MoonIcon, ScreenIcon, SunIcon } from "./icons.tsx";

export function ThemeMenu() {
  const text = useText();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme("light");
  const choices = [
    { id: "light", name: text.shell.light, icon: <SunIcon size={14} /> },
    { id: "dark", name: text.shell.dark, icon: <MoonIcon size={14} /> },
    { id: "auto", name: text.shell.system, icon: <ScreenIcon size={14} /> },
  ] as const;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon size={30} aria-label={text.shell.theme}>
          {shown === "dark" ? <MoonIcon /> : <SunIcon />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ id, name, icon }) => (
          <Menu.Item
            key={id}
            leftSection={icon}
            rightSection={id === colorScheme ? <CheckIcon size={14} /> : null}
            onClick={() => setColorScheme(id)}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
