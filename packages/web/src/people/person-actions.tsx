import type { Person } from "@esteira/sdk/people";
import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import classes from "../access/access.module.css";
import { FormEnd } from "../access/form-end.tsx";
import { NewPassword, useNewPassword } from "../access/new-password.tsx";
import { Sure } from "../access/sure.tsx";
import { peopleClient } from "../api/people-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { notices } from "../shell/notice-store.ts";
import { Dim } from "../shell/page.tsx";
import { ALL_PEOPLE } from "./people-queries.ts";

/** What an admin may change of a user. Of themselves they change nothing here: nobody locks themselves out by a click. */
export function PersonActions({ person, isSelf }: { person: Person; isSelf: boolean }) {
  const text = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { username, isAdmin } = person;
  const [isChanging, setChanging] = useState(false);
  const refresh = () => queries.invalidateQueries(ALL_PEOPLE);
  if (isSelf) return <Dim>{text.people.yourself}</Dim>;
  const setAdmin = async (next: boolean) => {
    await peopleClient.setAdmin(username, next);
    await refresh();
  };
  return (
    <>
      <div className={`${classes.confirm} ${classes.below}`}>
        <Sure
          label={isAdmin ? text.people.takeAdmin : text.people.makeAdmin}
          sure={isAdmin ? text.people.takeAdminSure : text.people.makeAdminSure}
          act={async () => {
            await setAdmin(!isAdmin);
            notices.tell({
              text: isAdmin ? text.people.isUser(username) : text.people.isAdmin(username),
              undo: () => setAdmin(isAdmin),
            });
          }}
        />
        <Button variant="default" onClick={() => setChanging(!isChanging)} aria-expanded={isChanging}>
          {text.people.setPassword}
        </Button>
        <Sure
          label={text.people.remove}
          sure={text.people.removeSure(username)}
          act={async () => {
            await peopleClient.delete(username);
            await navigate({ to: "/people" });
            await refresh();
            notices.tell({ text: text.people.removed(username) });
          }}
        />
      </div>
      {isChanging ? <SetPassword username={username} onEnd={() => setChanging(false)} /> : null}
    </>
  );
}

function SetPassword({ username, onEnd }: { username: string; onEnd(): void }) {
  const text = useText();
  const set = useMutation({
    mutationFn: (password: string) => peopleClient.setPassword(username, password),
    onSuccess: () => {
      onEnd();
      notices.tell({ text: text.people.passwordSet(username) });
    },
  });
  const { fault, onSubmit } = useNewPassword((password) => set.mutate(password));
  return (
    <form className={`${classes.token} ${classes.below}`} onSubmit={onSubmit}>
      <NewPassword fault={fault} />
      <FormEnd send={text.people.setPassword} sending={set} onCancel={onEnd} />
    </form>
  );
}
