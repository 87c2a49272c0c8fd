import type { Terminal } from "../command.ts";

/** A name alone is a variable of here; a pair is one with its value. As in MLflow, one that is not here is left out. */
export function declaredVariables(
  declared: readonly (string | readonly [name: string, value: string])[],
  env: Terminal["env"],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    declared.flatMap((one) => {
      if (typeof one !== "string") return [one];
      const value = env[one];
      return value === undefined ? [] : [[one, value] as const];
    }),
  );
}
