import { isOwnRoleName } from "@esteira/core/permissions";
import type { Person } from "@esteira/sdk/people";
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import classes from "../access/access.module.css";
import { FormEnd } from "../access/form-end.tsx";
import { field } from "../access/form-fields.ts";
import { NewPassword, useNewPassword } from "../access/new-password.tsx";
import { accessQuery } from "../access/session.ts";
import { peopleClient } from "../api/people-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { notices } from "../shell/notice-store.ts";
import { Dim, Heading, Page } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { ALL_PEOPLE, peopleQuery } from "./people-queries.ts";

/** Who may use the server. For admins: others are told so. */
export function PeoplePage() {
  const text = useText();
  const info = useQuery(accessQuery);
  useTitle(text.people.title);
  return (
    <Page>
      <Heading title={text.people.title} />
      <Answer query={info}>
        {({ user }) => {
          if (user === undefined) return <Empty>{text.access.off}</Empty>;
          return user.isAdmin ? <People /> : <Empty>{text.people.forAdmins}</Empty>;
        }}
      </Answer>
    </Page>
  );
}

function People() {
  const query = useQuery(peopleQuery);
  return (
    <>
      <NewPerson />
      <Answer query={query}>{(people) => <PeopleTable people={people} />}</Answer>
    </>
  );
}

function PeopleTable({ people }: { people: readonly Person[] }) {
  const text = useText();
  const sorted = [...people].sort((a, b) => a.username.localeCompare(b.username));
  return (
    <SmallTable
      head={[{ title: text.access.username }, { title: text.access.role }, { title: text.people.roles }]}
      rows={sorted.map((person) => ({
        key: person.username,
        cells: [
          <Link key="name" to="/people/$username" params={{ username: person.username }}>
            {person.username}
          </Link>,
          person.isAdmin ? text.access.admin : text.access.user,
          rolesOf(person).join(", ") || <Dim>–</Dim>,
        ],
      }))}
    />
  );
}

const rolesOf = ({ roles }: Person): readonly string[] =>
  roles.map(({ name }) => name).filter((name) => !isOwnRoleName(name));

/** A user signs in with a name and a password that an admin gives; the user changes it. */
function NewPerson() {
  const text = useText();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const create = useMutation({
    mutationFn: ({ username, password }: { username: string; password: string }) =>
      peopleClient.create(username, password),
    onSuccess: async ({ username }) => {
      setOpen(false);
      await queries.invalidateQueries(ALL_PEOPLE);
      notices.tell({ text: text.people.created(username) });
    },
  });
  const { fault, onSubmit } = useNewPassword((password, data) =>
    create.mutate({ username: field(data, "username").trim(), password }),
  );
  if (!isOpen)
    return (
      <div className={classes.begin}>
        <Button variant="default" onClick={() => setOpen(true)}>
          {text.people.newPerson}
        </Button>
      </div>
    );
  return (
    <form className={classes.token} onSubmit={onSubmit}>
      <TextInput
        name="username"
        label={text.access.username}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        size="sm"
        required
        withAsterisk={false}
        autoFocus
      />
      <NewPassword fault={fault} />
      <FormEnd send={text.people.create} sending={create} onCancel={() => setOpen(false)} />
    </form>
  );
}
