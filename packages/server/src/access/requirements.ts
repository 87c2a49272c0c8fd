import type { Owners } from "@esteira/core/access-store";
import type { Action, ResourceType } from "@esteira/core/permissions";
import { canonicalExperimentId } from "./canonical.ts";
import type { Requirement } from "./decide.ts";
import type { Subject } from "./policy.ts";
import { type Named, sourceOwner } from "./questions.ts";

type Wanted = Action | "not-denied";

/** What a need comes down to, once its ids are looked up; undefined when one does not exist, which is refused alike. */
export function requirementsOf({ need, values }: Named, owners: Owners): readonly Requirement[] | undefined {
  if (need.kind === "new") {
    return all(values, (value) => newIn(need.what, value, owners));
  }
  if (need.kind !== "resource") return [];
  return all(values, (value) => ofSubject(need.of, value, need.action, owners));
}

function all(
  values: readonly string[],
  each: (value: string) => readonly Requirement[] | undefined,
): readonly Requirement[] | undefined {
  const found: Requirement[] = [];
  for (const value of values) {
    const one = each(value);
    if (one === undefined) return undefined;
    found.push(...one);
  }
  return found;
}

const tier = (type: ResourceType, action: Wanted, container: { type: ResourceType; id: string }): Requirement => ({
  type,
  id: "*",
  action,
  fallback: [container],
});

function ofSubject(of: Subject, value: string, action: Wanted, owners: Owners): readonly Requirement[] | undefined {
  switch (of) {
    case "experiment":
      return [{ type: "experiment", id: canonicalExperimentId(value), action }];
    case "whole experiment": {
      const container = { type: "experiment", id: canonicalExperimentId(value) } as const;
      return [{ ...container, action }, tier("run", action, container), tier("logged_model", action, container)];
    }
    case "experiment name": {
      const id = owners.experimentNames.get(value);
      // An unknown name is told as such by the handler: who may create it may know that it is free.
      return id === undefined ? [] : [{ type: "experiment", id, action }];
    }
    case "run":
      return inside("run", owners.runs.get(value), action);
    case "logged model":
      return inside("logged_model", owners.loggedModels.get(value), action);
    case "model":
      return [{ type: owners.models.get(value) ?? "registered_model", id: value, action }];
    case "whole model": {
      const type = owners.models.get(value);
      if (type === undefined) return undefined;
      return [{ type, id: value, action }, tier(versionOf(type), action, { type, id: value })];
    }
    case "version":
      return version(value, action, owners);
    case "version source":
      return source(value, action, owners);
    case "artifact path":
      return undefined;
  }
}

/** Reading the experiment is the least; the tier of runs or logged models decides the action. */
function inside(type: "run" | "logged_model", experiment: string | undefined, action: Wanted) {
  if (experiment === undefined) return undefined;
  const container = { type: "experiment", id: experiment } as const;
  return [{ ...container, action: "read" } as const, tier(type, action, container)];
}

const versionOf = (type: "registered_model" | "prompt") =>
  type === "prompt" ? ("prompt_version" as const) : ("registered_model_version" as const);

function version(name: string, action: Wanted, owners: Owners): readonly Requirement[] | undefined {
  const type = owners.models.get(name);
  if (type === undefined) return undefined;
  const container = { type, id: name };
  const own: Requirement =
    action === "read"
      ? { type: versionOf(type), id: "*", action: "not-denied" }
      : tier(versionOf(type), action, container);
  return [{ ...container, action: "read" }, own];
}

function source(value: string, action: Wanted, owners: Owners): readonly Requirement[] | undefined {
  const owner = sourceOwner(value);
  if (owner === undefined) return [];
  if (owner.kind === "run") return inside("run", owners.runs.get(owner.id), action);
  if (owner.kind === "logged model") return inside("logged_model", owners.loggedModels.get(owner.id), action);
  return version(owner.id, action, owners);
}

function newIn(
  what: "run" | "logged model" | "version",
  value: string,
  owners: Owners,
): readonly Requirement[] | undefined {
  if (what === "version") {
    const type = owners.models.get(value);
    if (type === undefined) return undefined;
    return [
      { type, id: value, action: "update" },
      { type: versionOf(type), id: "*", action: "not-denied" },
    ];
  }
  return [
    { type: "experiment", id: canonicalExperimentId(value), action: "update" },
    { type: what === "run" ? "run" : "logged_model", id: "*", action: "not-denied" },
  ];
}
