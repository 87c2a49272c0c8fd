/**
 * A command is data: help, parsing and documentation come from it. `run` imports what does the work, so that a command
 * starts without loading the machinery of the others.
 */
export interface Command {
  /** Words after `esteira`, for example `models serve`. */
  readonly name: string;
  readonly summary: string;
  /** What follows the words, all of it required; among the values under their names. */
  readonly arguments?: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly CommandOption[];
  /** Resolves with the exit code; throws EsteiraError for a user's fault. */
  readonly run: (values: Values, terminal: Terminal) => Promise<number>;
}

export interface CommandOption {
  /** commander's notation, for example `-p, --port <port>`. */
  readonly flags: string;
  readonly summary: string;
  readonly default?: string | boolean;
  readonly required?: boolean;
  /** May be given several times: its value is a list. */
  readonly repeats?: boolean;
}

export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** What a command may touch of the outside. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  /** Notes for a person that are no result: kept off standard output. */
  readonly note: (line: string) => void;
  /** Resolves on Ctrl-C or SIGTERM, with which of them it was. */
  readonly interrupted: () => Promise<"SIGINT" | "SIGTERM">;
}

export const text = (values: Values, name: string): string | undefined => {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
};

/** The values of an option that repeats. */
export const texts = (values: Values, name: string): readonly string[] => {
  const value = values[name];
  return typeof value === "object" ? value : [];
};

/** The items of a list with commas between, without blanks around them; empty ones are none. */
export const listed = (value: string | undefined): readonly string[] =>
  (value ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** As `listed`; undefined for a list of nothing, which says as much as no list. */
export function listedIfAny(value: string | undefined): readonly string[] | undefined {
  const items = listed(value);
  return items.length === 0 ? undefined : items;
}
