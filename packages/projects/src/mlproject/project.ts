import type { Segment } from "../command/template.ts";

/** What an `MLproject` file says. */
export interface Project {
  /** The file's path; undefined where there is none. */
  readonly file: string | undefined;
  readonly name: string | undefined;
  readonly environment: DeclaredEnvironment;
  readonly entryPoints: ReadonlyMap<string, EntryPoint>;
  /** What is odd in the file but not wrong, with its place; for a person. */
  readonly notes: readonly string[];
}

/** Files are named as the project names them, relative to its folder. */
export type DeclaredEnvironment =
  | { readonly kind: "none" }
  | { readonly kind: "python"; readonly file: string }
  | { readonly kind: "conda"; readonly file: string }
  | {
      readonly kind: "docker";
      readonly image: string;
      readonly volumes: readonly string[];
      /** Variables to copy from here, and new ones with their values. */
      readonly variables: readonly (string | readonly [name: string, value: string])[];
    }
  | {
      readonly kind: "node";
      /** The first parts of a version of Node: "20" or "20.19". */
      readonly version: string | undefined;
      /** A package-lock.json. */
      readonly lockfile: string | undefined;
    };

export interface EntryPoint {
  readonly name: string;
  /** In the order of the file. */
  readonly parameters: readonly Parameter[];
  /** A command for bash, with `{parameter}` where a value goes; empty for an entry point that only has steps. */
  readonly command: string;
  /** What its run leaves among its artifacts or models, by path: what a later step may be given. */
  readonly outputs: readonly string[];
  /** False: what it does depends on more than its parameters, so that a workflow runs it each time. */
  readonly cached: boolean;
  /** What it calls, in the order of the file; with steps it is a workflow, and its command is for real MLflow. */
  readonly steps: readonly Step[];
}

/** A call of another entry point. */
export interface Step {
  readonly name: string;
  readonly entryPoint: string;
  readonly parameters: ReadonlyMap<string, StepValue>;
  /** Steps that must have ended before, besides those whose outputs it takes. */
  readonly after: readonly string[];
}

export type StepValue =
  /** A template over the workflow's own parameters. */
  | { readonly kind: "template"; readonly segments: readonly Segment[] }
  | { readonly kind: "output"; readonly step: string; readonly path: string };

export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  /** As Python writes the YAML value: `true` is "True". */
  readonly default: string | undefined;
}

export const PARAMETER_TYPES = ["string", "float", "path", "uri"] as const;
export type ParameterType = (typeof PARAMETER_TYPES)[number];
