import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import classes from "./access.module.css";
import { field, passwordFault } from "./form-fields.ts";
import { Refusal } from "./refusal.tsx";
import { begin, OWN_REFUSAL } from "./session.ts";

/** Makes the first admin of a new server with the token that it has printed. */
export function SetupForm({ token }: { token: string }) {
  const text = useText();
  const queries = useQueryClient();
  const [fault, setFault] = useState<ReturnType<typeof passwordFault>>();
  const setUp = useMutation({
    meta: OWN_REFUSAL,
    mutationFn: async (input: { token: string; username: string; password: string }) => {
      await access.setUp(input);
      await begin(queries);
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const password = field(data, "password");
        const found = passwordFault(password, field(data, "again"));
        setFault(found);
        if (found === undefined) {
          setUp.mutate({ token: field(data, "token").trim(), username: field(data, "username"), password });
        }
      }}
    >
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

/** A new password, typed twice, as the fields `password` and `again`. */
export function NewPassword({ fault }: { fault: ReturnType<typeof passwordFault> }) {
  const text = useText();
  const common = {
    autoComplete: "new-password",
    size: "sm",
    required: true,
    withAsterisk: false,
    visibilityToggleButtonProps: { "aria-label": text.access.showPassword },
  } as const;
  return (
    <>
      <PasswordInput
        {...common}
        name="password"
        label={text.access.newPassword}
        description={text.access.passwordRule}
        error={fault === "short" ? text.access.tooShort : undefined}
      />
      <PasswordInput
        {...common}
        name="again"
        label={text.access.again}
        error={fault === "differs" ? text.access.differs : undefined}
      />
    </>
  );
}
