import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { Refusal } from "./refusal.tsx";

/** A change in two clicks: the second says what it does. */
export function Sure({
  label,
  named,
  sure,
  act,
}: {
  label: string;
  /** The label for who does not see beside what the button stands. */
  named?: string;
  sure: string;
  act: () => Promise<void>;
}) {
  const text = useText();
  const [asks, setAsks] = useState(false);
  const done = useMutation({ mutationFn: act, onSuccess: () => setAsks(false) });
  if (!asks)
    return (
      <Button variant="default" aria-label={named} onClick={() => setAsks(true)}>
        {label}
      </Button>
    );
  return (
    <span className={classes.confirm}>
      <Button color="red" onClick={() => done.mutate()} loading={done.isPending}>
        {sure}
      </Button>
      <Button
        variant="subtle"
        color="gray"
        onClick={() => {
          done.reset();
          setAsks(false);
        }}
      >
        {text.common.cancel}
      </Button>
      <Refusal error={done.error} />
    </span>
  );
}
