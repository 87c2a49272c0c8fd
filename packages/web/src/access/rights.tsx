import type { Rights } from "@esteira/sdk/access";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import { accessQuery } from "./session.ts";

const rightsQuery = (resource: "experiment" | "registered_model", id: string) =>
  queryOptions({ queryKey: ["rights", resource, id], staleTime: 60_000, queryFn: () => access.rights(resource, id) });

export interface May extends Rights {
  /** Why what is not permitted is not; undefined where all of it is. */
  readonly why: string | undefined;
}

const ALL: May = { update: true, delete: true, manage: true, why: undefined };

/**
 * What who is signed in may do to an experiment (by id) or a registered model (by name). Until that is known, all: the server refuses
 * what it must, and a button that comes to rest is better than one that wakes up under the hand.
 */
export function useMay(resource: "experiment" | "registered_model", id: string): May {
  const text = useText();
  const info = useQuery(accessQuery).data;
  const isAsked = info?.enabled === true && info.user !== undefined && !info.user.isAdmin;
  const { data } = useQuery({ ...rightsQuery(resource, id), enabled: isAsked });
  if (!isAsked || data === undefined) return ALL;
  if (data.update && data.delete) return { ...data, why: undefined };
  const mayNot = data.update ? text.access.mayNotDelete : text.access.mayNotChange;
  return { ...data, why: mayNot[resource] };
}
