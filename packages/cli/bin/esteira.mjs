#!/usr/bin/env node
// The published package runs its build. In a clone there is none: the sources run as they are, through tsx, with the
// export condition that leads to them.
import { existsSync } from "node:fs";
import { register } from "node:module";

const built = new URL("../dist/main.js", import.meta.url);
if (existsSync(built)) {
  await import(built.href);
} else {
  const hooks = `export const resolve = (specifier, context, next) =>
    next(specifier, { ...context, conditions: [...context.conditions, "@esteira/source"] });`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
  (await import("tsx/esm/api")).register();
  await import("../src/main.ts");
}
