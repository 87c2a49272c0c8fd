import { Button } from "@mantine/core";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { Refusal } from "./refusal.tsx";

/** What a form that opens in a page ends with: why it was not taken, the button that sends it, and the way out. */
export function FormEnd({
  send,
  isDisabled = false,
  sending,
  onCancel,
}: {
  send: string;
  isDisabled?: boolean;
  sending: { readonly isPending: boolean; readonly error: unknown };
  onCancel(): void;
}) {
  const text = useText();
  return (
    <>
      <Refusal error={sending.error} />
      <div className={classes.confirm}>
        <Button type="submit" loading={sending.isPending} disabled={isDisabled}>
          {send}
        </Button>
        <Button variant="subtle" color="gray" onClick={onCancel}>
          {text.common.cancel}
        </Button>
      </div>
    </>
  );
}
