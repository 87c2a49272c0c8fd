import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { field } from "./form-fields.ts";
import { NewPassword, useNewPassword } from "./new-password.tsx";
import { Refusal } from "./refusal.tsx";
import { begin, OWN_REFUSAL } from "./session.ts";

/** Makes the first admin of a new server with the token that it has printed. */
export function SetupForm({ token }: { token: string }) {
  const text = useText();
  const queries = useQueryClient();
  const setUp = useMutation({
    meta: OWN_REFUSAL,
    mutationFn: async (input: { token: string; username: string; password: string }) => {
      await access.setUp(input);
      await begin(queries);
    },
  });
  const { fault, onSubmit } = useNewPassword((password, data) =>
    setUp.mutate({ token: field(data, "token").trim(), username: field(data, "username"), password }),
  );
  return (
    <form className={classes.form} onSubmit={onSubmit}>
      <p className={classes.hint}>{text.access.setUpHint}</p>
      <TextInput
        name="token"
        label={text.access.setUpToken}
        description={text.access.setUpTokenHint}
        defaultValue={token}
        autoComplete="off"
        spellCheck={false}
        size="sm"
        required
        withAsterisk={false}
      />
      <TextInput
        name="username"
        label={text.access.username}
        defaultValue="admin"
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        size="sm"
        required
        withAsterisk={false}
      />
      <NewPassword fault={fault} />
      <Refusal error={setUp.error} unauthenticated={text.access.setUpWrong} />
      <Button type="submit" size="sm" fullWidth loading={setUp.isPending}>
        {text.access.setUp}
      </Button>
    </form>
  );
}
