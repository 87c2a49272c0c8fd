import { spawnSync } from "node:child_process";
import { locateXgboost } from "./library.ts";
import { type NativeXgboost, openXgboost } from "./native.ts";

/** libxgboost for a test file, or nothing when this machine cannot have it: then the reason is printed. */
export async function xgboostForTests(): Promise<NativeXgboost | undefined> {
  try {
    return openXgboost((await locateXgboost()).path);
  } catch (error) {
    console.warn(`Skipping the tests of libxgboost: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Narrows inside tests that are skipped without the library. */
export function present(native: NativeXgboost | undefined): NativeXgboost {
  if (native === undefined) throw new Error("libxgboost is absent.");
  return native;
}

/** Runs Python code in the reference environment; its standard output. */
export function python(interpreter: string, code: string, args: readonly string[]): string {
  const done = spawnSync(interpreter, ["-c", code, ...args], { encoding: "utf8", timeout: 120_000 });
  if (done.status !== 0) throw new Error(`The reference Python failed: ${done.stderr || done.error?.message}`);
  return done.stdout;
}

/** The interpreter with the reference packages, or nothing: then the reason is printed. */
export function oraclePython(what: string): string | undefined {
  const interpreter = process.env.ESTEIRA_ORACLE_PYTHON;
  if (!interpreter) console.warn(`Skipping ${what}: ESTEIRA_ORACLE_PYTHON is not set.`);
  return interpreter || undefined;
}
