import { isOwnRoleName } from "@esteira/core/permissions";
import type { Person } from "@esteira/sdk/people";
import { Button, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import classes from "../access/access.module.css";
import { field } from "../access/form-fields.ts";
import { Refusal } from "../access/refusal.tsx";
import { Sure } from "../access/sure.tsx";
import { peopleClient } from "../api/people-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { Dim } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { ALL_PEOPLE, rolesQuery } from "./people-queries.ts";

/** The roles that a user has, and those that can be given. */
export function Roles({ person }: { person: Person }) {
  const text = useText();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries(ALL_PEOPLE);
  const assigned = person.roles.filter(({ name }) => !isOwnRoleName(name));
  const others = (useQuery(rolesQuery).data ?? []).filter(({ id }) => !assigned.some((one) => one.id === id));
  const assign = useMutation({
    mutationFn: (roleId: number) => peopleClient.assign(person.username, roleId),
    onSuccess: refresh,
  });
  return (
    <>
      {assigned.length === 0 ? (
        <Dim>{text.people.noRoles}</Dim>
      ) : (
        <SmallTable
          head={[{ title: text.people.role }, { title: text.people.about }, { title: text.people.change }]}
          rows={assigned.map(({ id, name, description }) => ({
            key: name,
            cells: [
              name,
              description || <Dim>–</Dim>,
              <Sure
                key="take"
                label={text.people.revoke}
                named={text.people.revokeOn(name)}
                sure={text.people.revokeSure}
                act={async () => {
                  await peopleClient.unassign(person.username, id);
                  await refresh();
                }}
              />,
            ],
          }))}
        />
      )}
      {others.length === 0 ? null : (
        <form
          className={`${classes.token} ${classes.below}`}
          onSubmit={(event) => {
            event.preventDefault();
            assign.mutate(Number(field(new FormData(event.currentTarget), "role")));
          }}
        >
          <NativeSelect
            name="role"
            size="sm"
            label={text.people.role}
            data={others.map(({ id, name }) => ({ value: String(id), label: name }))}
          />
          <Refusal error={assign.error} />
          <div>
            <Button type="submit" variant="default" loading={assign.isPending}>
              {text.people.assign}
            </Button>
          </div>
        </form>
      )}
    </>
  );
}
