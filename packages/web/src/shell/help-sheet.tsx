import { Switch } from "@mantine/core";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { Dialog } from "./dialog.tsx";
import classes from "./palette.module.css";
import { setSingleKeys, singleKeysOn } from "./single-keys.ts";

const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent);

/** All shortcuts, and the switch that turns those of single keys off. */
export default function HelpSheet({ onClose }: { onClose(): void }) {
  const text = useText();
  const [isOn, setOn] = useState(singleKeysOn);
  const { shortcuts } = text.shell;
  const lines: readonly (readonly [keys: readonly string[], what: string])[] = [
    [[isMac() ? "⌘" : "Ctrl", "K"], shortcuts.palette],
    [["?"], shortcuts.help],
    [["G", "E"], shortcuts.experiments],
    [["G", "M"], shortcuts.models],
    [["/"], shortcuts.search],
    [["Esc"], shortcuts.close],
    [["J"], text.reviews.keys.next],
    [["K"], text.reviews.keys.previous],
    [["F", "N", "C"], text.reviews.keys.judge],
    [["U"], text.reviews.keys.undo],
  ];
  return (
    <Dialog title={text.shell.help} onClose={onClose}>
      <dl className={classes.shortcuts}>
        {lines.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <Switch
        label={text.shell.helpKeys}
        description={text.shell.helpKeysHint}
        checked={isOn}
        onChange={(event) => {
          setSingleKeys(event.currentTarget.checked);
          setOn(event.currentTarget.checked);
        }}
      />
    </Dialog>
  );
}
