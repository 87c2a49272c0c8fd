import { invalid } from "@esteira/core/errors";
import { isHarmless, shellQuote } from "./quote.ts";
import { createShellReader, type ShellPlace } from "./shell-place.ts";
import { parseTemplate } from "./template.ts";

export interface Command {
  /** For bash. */
  readonly script: string;
  /** What the script reads from its environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** The command as a person would type it. */
  readonly shown: string;
}

const VARIABLE = "ESTEIRA_VALUE_";

/**
 * A command with its values. What means nothing to a shell stands in it as it is. Every other value reaches bash in a variable, and
 * what bash expands it does not read again: whatever the value holds, it arrives at the program as one text.
 *
 * @param template with a placeholder for values of `parameters` only.
 * @param extra go behind the command, as `--name value`.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a value that cannot stand where the template wants it.
 */
export function renderCommand(
  template: string,
  parameters: ReadonlyMap<string, string>,
  extra: ReadonlyMap<string, string>,
): Command {
  const segments = parseTemplate(template.trimEnd());
  if ("fault" in segments) throw invalid(`The command ${segments.fault}.`);
  const variables: Record<string, string> = {};
  const shell = createShellReader();
  const insert = (value: string, place: ShellPlace, name: string): string => {
    if (isHarmless(value)) return value;
    if (place === "other" && value === "") return "";
    if (place === "other")
      throw invalid(
        `The value of '${name}' has characters that mean something to a shell, and stands where they cannot be quoted (behind a backslash or a here-document, in $'...' or in arithmetic): change the command.`,
      );
    const variable = `${VARIABLE}${Object.keys(variables).length}`;
    variables[variable] = withoutNul(value, name);
    if (place === "double") return `\${${variable}}`;
    return place === "single" ? `'"\${${variable}}"'` : `"\${${variable}}"`;
  };
  let script = "";
  let shown = "";
  for (const segment of segments) {
    if (segment.kind === "text") {
      shell.read(segment.text);
      script += segment.text;
      shown += segment.text;
      continue;
    }
    const value = parameters.get(segment.name) ?? "";
    script += insert(value, shell.place(), segment.name);
    shown += shellQuote(value);
  }
  for (const [name, value] of extra) {
    script += ` ${insert(`--${name}`, "word", name)} ${insert(value, "word", name)}`;
    shown += ` ${shellQuote(`--${name}`)} ${shellQuote(value)}`;
  }
  return { script, variables, shown };
}

function withoutNul(value: string, name: string): string {
  if (value.includes("\0")) throw invalid(`The value of '${name}' has a NUL character, which no command can take.`);
  return value;
}
