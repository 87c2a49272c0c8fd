import { isOwnRoleName } from "@esteira/core/permissions";
import { queryOptions } from "@tanstack/react-query";
import { access } from "../api/client.ts";
import { peopleClient } from "../api/people-client.ts";

const KEY = "people";

/** Everything that is known of users: one change of a user may change all of it. */
export const ALL_PEOPLE = { queryKey: [KEY] } as const;

export const peopleQuery = queryOptions({ queryKey: [KEY, "list"], queryFn: () => peopleClient.list() });

/** What a user may do, and through what. */
export const heldQuery = (username: string) =>
  queryOptions({ queryKey: [KEY, "held", username], queryFn: () => peopleClient.held(username) });

/** Roles that can be given: not those of one user alone. */
export const rolesQuery = queryOptions({
  queryKey: [KEY, "roles"],
  queryFn: async () => (await peopleClient.roles()).filter(({ name }) => !isOwnRoleName(name)),
});

export const tokensOfQuery = (username: string) =>
  queryOptions({ queryKey: [KEY, "tokens", username], queryFn: () => access.listTokens(username) });
