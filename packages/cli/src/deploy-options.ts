/** What the commands that deploy images have in common, wherever they run them. */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { Target } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import { type CommandOption, type Terminal, text, type Values } from "./command.ts";
import { shownDeployment } from "./deployments.ts";
import { deployedPort } from "./port.ts";
import { imageTrust, TRUST_OPTIONS, versionImage } from "./version-image.ts";

export const VERSION_URI = {
  name: "uri",
  summary: "models:/NAME/VERSION, or models:/NAME@ALIAS (the version of now)",
} as const;

/** @param port what is said of the port, which targets mean differently */
export const wantedOptions = (port: string): readonly CommandOption[] => [
  { flags: "-n, --name <name>", summary: "of the deployment", required: true },
  {
    flags: "--image <reference>",
    summary: "with the model in it (default: the one that esteira build has made of the version)",
  },
  { flags: "--canary <uri>", summary: "a version that answers a share of the requests" },
  { flags: "--canary-image <reference>", summary: "with the canary in it (default: as for --image)" },
  { flags: "--share <percent>", summary: "of the requests that the canary answers", default: "5" },
  { flags: "--shadow <uri>", summary: "a version that is asked too; its answers are compared and dropped" },
  { flags: "--shadow-image <reference>", summary: "with the shadow in it (default: as for --image)" },
  { flags: "-p, --port <port>", summary: port },
  ...TRUST_OPTIONS,
];

/** @param formats that --export knows, as a sentence has them */
export const outcomeOptions = (formats: string): readonly CommandOption[] => [
  { flags: "--dry-run", summary: "say what would change, and change nothing" },
  { flags: "--export <format>", summary: `write ${formats}, and change nothing` },
  { flags: "-o, --output <folder>", summary: "where --export writes" },
];

/** What a command line wants deployed, with the image that was built of each version. */
export async function wantedOf(values: Values, terminal: Terminal): Promise<Wanted> {
  const [canary, shadow] = [text(values, "canary"), text(values, "shadow")];
  const alone = canary === undefined ? text(values, "canaryImage") : undefined;
  if (alone !== undefined) throw invalid(`--canary-image is '${alone}', and there is no --canary.`);
  const trust = imageTrust(values);
  const own = await versionImage(text(values, "uri") ?? "", text(values, "image"), trust, terminal);
  const shown =
    shadow === undefined ? undefined : await versionImage(shadow, text(values, "shadowImage"), trust, terminal);
  return {
    name: text(values, "name") ?? "",
    ...deployedPort(text(values, "port")),
    ...own,
    ...(canary === undefined
      ? {}
      : {
          canary: {
            ...(await versionImage(canary, text(values, "canaryImage"), trust, terminal)),
            share: shareOf(text(values, "share") ?? ""),
          },
        }),
    ...(shown === undefined
      ? {}
      : { shadow: shown.model, ...(shown.image === undefined ? {} : { shadowImage: shown.image }) }),
  };
}

export function shareOf(percent: string): number {
  if (/^\d{1,3}(\.\d{1,6})?$/.test(percent)) return Number(percent) / 100;
  throw invalid(`--share is '${percent}': expected a percentage, as in 5.`);
}

/** Where --export writes and what, undefined without it. @throws EsteiraError for a format that is not known */
export function exportOf<T extends string>(
  values: Values,
  formats: readonly T[],
): { readonly format: T; readonly folder: string } | undefined {
  const [format, output] = [text(values, "export"), text(values, "output")];
  if ((format === undefined) !== (output === undefined)) throw invalid("--export and --output go together: say both.");
  if (format === undefined || output === undefined) return undefined;
  const known = formats.find((one) => one === format);
  if (known === undefined) throw invalid(`--export is '${format}': expected ${formats.join(", ")}.`);
  return { format: known, folder: resolve(output) };
}

/** Writes what --export has made, and prints where. */
export async function writeExport(
  folder: string,
  files: readonly { readonly path: string; readonly text: string }[],
  terminal: Terminal,
): Promise<number> {
  for (const { path, text: content } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    terminal.out(file);
  }
  return 0;
}

/** Makes it so, or says with --dry-run what would change. */
export async function planOrApply(
  target: Target,
  wanted: Wanted,
  values: Values,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<number> {
  if (values.dryRun === true) {
    const changes = await target.plan(wanted);
    terminal.out(changes.length === 0 ? "Nothing to do." : changes.join("\n"));
    return 0;
  }
  terminal.out(shownDeployment(await target.apply(wanted, signal === undefined ? {} : { signal })));
  return 0;
}
