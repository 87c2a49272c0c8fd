import { PasswordInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { field, passwordFault } from "./form-fields.ts";

type PasswordFault = ReturnType<typeof passwordFault>;

/** For a form with a new password in it: `onSubmit` calls back with it and all fields once the password may be sent. */
export function useNewPassword(onPassword: (password: string, data: FormData) => void): {
  readonly fault: PasswordFault;
  onSubmit(event: FormEvent<HTMLFormElement>): void;
} {
  const [fault, setFault] = useState<PasswordFault>();
  return {
    fault,
    onSubmit(event) {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      const password = field(data, "password");
      const found = passwordFault(password, field(data, "again"));
      setFault(found);
      if (found === undefined) onPassword(password, data);
    },
  };
}

/** A new password, typed twice, as the fields `password` and `again`. */
export function NewPassword({ fault }: { fault: PasswordFault }) {
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
