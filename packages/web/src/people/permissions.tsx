import { isOwnRoleName } from "@esteira/core/permissions";
import type { Held } from "@esteira/sdk/people";
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import classes from "../access/access.module.css";
import { FormEnd } from "../access/form-end.tsx";
import { field } from "../access/form-fields.ts";
import { Sure } from "../access/sure.tsx";
import { peopleClient } from "../api/people-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { Dim, Mono } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Answer } from "../shell/states.tsx";
import { ALL_PEOPLE, heldQuery } from "./people-queries.ts";

type HeldGrant = Held["grants"][number];

/** Types and levels that a grant of one user alone can have; the server says what does not go together. */
const TYPES = ["experiment", "registered_model", "prompt"] as const;
const LEVELS = ["READ", "USE", "EDIT", "MANAGE", "DENY"] as const;

/** What a user may do beyond the server's default, and through which role. */
export function Permissions({ username }: { username: string }) {
  const text = useText();
  const query = useQuery(heldQuery(username));
  return (
    <>
      <Answer query={query}>
        {({ grants }) =>
          grants.length === 0 ? <Dim>{text.people.noPermissions}</Dim> : <Grants username={username} grants={grants} />
        }
      </Answer>
      <NewGrant username={username} />
    </>
  );
}

function Grants({ username, grants }: { username: string; grants: readonly HeldGrant[] }) {
  const text = useText();
  const queries = useQueryClient();
  const typeName = (type: string) => {
    const known = TYPES.find((one) => one === type);
    return known === undefined ? type : text.people.types[known];
  };
  const levelName = (level: string) => {
    const known = LEVELS.find((one) => one === level);
    return known === undefined ? level : text.people.levels[known];
  };
  return (
    <SmallTable
      head={[
        { title: text.people.on },
        { title: text.people.level },
        { title: text.people.through },
        { title: text.people.change },
      ]}
      rows={grants.map((grant) => {
        const { resourceType, resourcePattern, permission, roleName } = grant;
        const isOwn = isOwnRoleName(roleName);
        return {
          key: `${roleName} ${resourceType} ${resourcePattern}`,
          cells: [
            <span key="on">
              {typeName(resourceType)} {resourcePattern === "*" ? text.people.all : <Mono>{resourcePattern}</Mono>}
            </span>,
            levelName(permission),
            isOwn ? text.people.own : roleName,
            isOwn ? (
              <Sure
                key="revoke"
                label={text.people.revoke}
                named={text.people.revokeOn(`${typeName(resourceType)} ${resourcePattern}`)}
                sure={text.people.revokeSure}
                act={async () => {
                  await peopleClient.revoke(username, grant);
                  await queries.invalidateQueries(ALL_PEOPLE);
                }}
              />
            ) : (
              <Dim key="role">{text.people.byRole}</Dim>
            ),
          ],
        };
      })}
    />
  );
}

function NewGrant({ username }: { username: string }) {
  const text = useText();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const grant = useMutation({
    mutationFn: (input: { resourceType: string; resourcePattern: string; permission: string }) =>
      peopleClient.grant(username, input),
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries(ALL_PEOPLE);
    },
  });
  if (!isOpen)
    return (
      <Button mt={12} variant="default" onClick={() => setOpen(true)}>
        {text.people.grant}
      </Button>
    );
  return (
    <form
      className={`${classes.token} ${classes.below}`}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        grant.mutate({
          resourceType: field(data, "type"),
          resourcePattern: field(data, "pattern").trim(),
          permission: field(data, "level"),
        });
      }}
    >
      <NativeSelect
        name="type"
        size="sm"
        label={text.people.on}
        data={TYPES.map((value) => ({ value, label: text.people.types[value] }))}
      />
      <TextInput
        name="pattern"
        size="sm"
        label={text.people.which}
        description={text.people.whichHint}
        autoComplete="off"
        required
        withAsterisk={false}
      />
      <NativeSelect
        name="level"
        size="sm"
        label={text.people.level}
        data={LEVELS.map((value) => ({ value, label: text.people.levels[value] }))}
      />
      <FormEnd send={text.people.grantNow} sending={grant} onCancel={() => setOpen(false)} />
    </form>
  );
}
