import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { field } from "./form-fields.ts";
import { Refusal } from "./refusal.tsx";
import { begin, OWN_REFUSAL } from "./session.ts";

export function PasswordForm() {
  const text = useText();
  const queries = useQueryClient();
  const signIn = useMutation({
    meta: OWN_REFUSAL,
    mutationFn: async ({ username, password }: { username: string; password: string }) => {
      await access.signIn(username, password);
      await begin(queries);
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        signIn.mutate({ username: field(data, "username"), password: field(data, "password") });
      }}
    >
      <TextInput
        name="username"
        label={text.access.username}
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        size="sm"
        required
        withAsterisk={false}
        data-autofocus
        autoFocus
      />
      <PasswordInput
        name="password"
        label={text.access.password}
        autoComplete="current-password"
        size="sm"
        required
        withAsterisk={false}
        visibilityToggleButtonProps={{ "aria-label": text.access.showPassword }}
      />
      <Refusal error={signIn.error} unauthenticated={text.access.wrong} />
      <Button type="submit" size="sm" fullWidth loading={signIn.isPending}>
        {text.access.signIn}
      </Button>
    </form>
  );
}
