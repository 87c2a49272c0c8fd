import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { field, passwordFault } from "./form-fields.ts";
import { Refusal } from "./refusal.tsx";
import { NewPassword } from "./setup-form.tsx";

/** The user's own password. This session goes on; all others of the user end. */
export function ChangePassword({ username }: { username: string }) {
  const text = useText();
  const form = useRef<HTMLFormElement>(null);
  const [fault, setFault] = useState<ReturnType<typeof passwordFault>>();
  const change = useMutation({
    mutationFn: (input: { password: string; currentPassword: string }) => access.changePassword(username, input),
    onSuccess: () => form.current?.reset(),
  });
  return (
    <form
      ref={form}
      className={classes.narrow}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const password = field(data, "password");
        const found = passwordFault(password, field(data, "again"));
        setFault(found);
        if (found === undefined) change.mutate({ password, currentPassword: field(data, "current") });
      }}
    >
      {/* Password managers then know whose password it is. */}
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <PasswordInput
        name="current"
        label={text.access.currentPassword}
        autoComplete="current-password"
        size="sm"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ "aria-label": text.access.showPassword }}
      />
      <NewPassword fault={fault} />
      <Refusal error={change.error} />
      {change.isSuccess ? (
        <p className={classes.done} role="status">
          {text.access.passwordChanged}
        </p>
      ) : null}
      <div>
        <Button type="submit" loading={change.isPending}>
          {text.access.changePassword}
        </Button>
      </div>
    </form>
  );
}
