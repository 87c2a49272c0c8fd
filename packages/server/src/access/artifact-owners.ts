import type { Owners } from "@esteira/core/access-store";
import type { Action } from "@esteira/core/permissions";
import type { Requirement } from "./decide.ts";

/** The URI under which experiments know a path of the artifact proxy. */
export const proxyLocation = (path: string): string => `mlflow-artifacts:/${path}`;

const RUN_ID = /^[0-9a-f]{32}$/;

/**
 * What a path of the artifact proxy needs: its experiment (by location, else by the number that it begins with) and the
 * run or logged model that it lies in. `removes` says that all below the path goes. Undefined when no experiment is
 * known there: such a path is an admin's.
 */
export function artifactRequirements(path: string, action: Action, owners: Owners): readonly Requirement[] | undefined {
  const location = proxyLocation(path).replace(/\/+$/, "");
  const found = owners.locations.map(({ experimentId, location: own }) => {
    const root = own.replace(/\/+$/, "");
    return { id: String(experimentId), inner: location.startsWith(`${root}/`) ? location.slice(root.length + 1) : "" };
  });
  const number = /^(\d+)(?:\/(.*))?$/.exec(path);
  if (found.length === 0 && number !== null) found.push({ id: number[1] ?? "", inner: number[2] ?? "" });
  if (found.length === 0) return undefined;
  return found.flatMap(({ id, inner }) => {
    const container = { type: "experiment", id } as const;
    const tiers = tiersOf(inner, action === "manage");
    if (tiers.length === 0) return [{ ...container, action }];
    return [
      { ...container, action: "read" as const },
      ...tiers.map((type): Requirement => ({ type, id: "*", action, fallback: [container] })),
    ];
  });
}

/**
 * Whoever makes an experiment manages what lies at its location, so the location must be new: not around, in or at that
 * of another experiment, and without a number for a folder, where a coming experiment may have its own. One spelling is
 * taken for each place.
 */
export function isFreePlace(uri: string, owners: Owners): boolean {
  const path = /^(?:mlflow-artifacts:|[a-z0-9]+:\/\/[a-z0-9.-]+)((?:\/[^/]+)+)$/.exec(uri)?.[1];
  if (path === undefined || path.split("/").some((segment) => /^\d+$|^\.+$/.test(segment))) return false;
  return owners.locations.length === 0;
}

function tiersOf(inner: string, removes: boolean): readonly ("run" | "logged_model")[] {
  const [first = "", second] = inner.split("/").filter((segment) => segment !== "");
  if (first === "") return removes ? ["run", "logged_model"] : [];
  if (first === "models") return ["logged_model"];
  if (second === "artifacts" || RUN_ID.test(first) || removes) return ["run"];
  return [];
}
