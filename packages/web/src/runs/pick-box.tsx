import classes from "./runs-table.module.css";

interface PickBoxProps {
  readonly label: string;
  readonly checked: boolean;
  /** Some of many are checked. */
  readonly some?: boolean;
  /** `range` when the shift key was held: everything up to here. */
  onChange(checked: boolean, range: boolean): void;
}

/** The browser's own checkbox: a table in motion draws hundreds of them. */
export function PickBox({ label, checked, some = false, onChange }: PickBoxProps) {
  return (
    <input
      type="checkbox"
      className={classes.box}
      aria-label={label}
      data-stop="pick"
      checked={checked}
      ref={(element) => {
        if (element) element.indeterminate = some;
      }}
      onChange={(event) =>
        onChange(event.currentTarget.checked, event.nativeEvent instanceof PointerEvent && event.nativeEvent.shiftKey)
      }
    />
  );
}
