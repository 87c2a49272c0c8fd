import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { field } from "./form-fields.ts";
import { NewPassword, useNewPassword } from "./new-password.tsx";
import { Refusal } from "./refusal.tsx";

/** The user's own password. This session goes on; all others of the user end. */
export function ChangePassword({ username }: { username: string }) {
  const text = useText();
  const form = useRef<HTMLFormElement>(null);
  const change = useMutation({
    mutationFn: (input: { password: string; currentPassword: string }) => access.changePassword(username, input),
    onSuccess: () => form.current?.reset(),
  });
  const { fault, onSubmit } = useNewPassword((password, data) =>
    change.mutate({ password, currentPassword: field(data, "current") }),
  );
  return (
    <form ref={form} className={classes.narrow} onSubmit={onSubmit}>
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
