import { type Arm, type Deployment, versionOfUri } from "@esteira/core/entities/deployment";

/** What of an image tells it from others: the beginning of its digest, or all that there is. */
export function shortImage(image: string): string {
  const digest = /@sha256:([0-9a-f]{12})/.exec(image)?.[1];
  return digest === undefined ? image : `sha256:${digest}`;
}

/** Whether any arm of what is deployed now is this version. */
export const serves = ({ state, arms }: Deployment, name: string, version: string): boolean =>
  state !== "removed" &&
  arms.some(({ uri }) => {
    const served = versionOfUri(uri);
    return served?.name === name && served.version === version;
  });

/** Those with the text in their names, model or place; what has ended only where it is asked for. */
export function matching(
  deployments: readonly Deployment[],
  { q, ended }: { readonly q?: string | undefined; readonly ended?: true | undefined },
): readonly Deployment[] {
  const wanted = q?.toLowerCase() ?? "";
  return deployments.filter(
    ({ name, model, target, place, state }) =>
      (ended === true || state !== "removed") &&
      [name, model, target, place].some((text) => text.toLowerCase().includes(wanted)),
  );
}

/** What one would go back to, as the primary's version; undefined where there was nothing, or what was there had ended. */
export function formerPrimary({ state, former }: Deployment): Arm | undefined {
  return state === "removed" ? undefined : former?.find(({ role }) => role === "primary");
}

/** How a command names a target's deployment. */
export const commandFor = ({ name, target }: Pick<Deployment, "name" | "target">): string =>
  `npx esteira deploy rollback --name ${name}${target === "local" ? "" : ` --target ${target}`}`;
