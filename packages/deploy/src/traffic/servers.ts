/** Which servers the models of a deployment have: a function of what is wanted. */

import type { Wanted } from "../wanted.ts";
import type { ServerUrls } from "./routes.ts";

/** What a server's answers are for. */
export type Track = "primary" | "canary" | "shadow";

export interface Server {
  readonly track: Track;
  readonly model: string;
  /** What has the model in it, where images are run. */
  readonly image?: string;
}

/** The primary first. A shadow whose model answers already, as the canary or the primary, has no server of its own: it is asked there. */
export function serversOf(wanted: Wanted): readonly Server[] {
  const { canary } = wanted;
  const servers: Server[] = [{ track: "primary", model: wanted.model, ...imageOf(wanted.image) }];
  if (canary !== undefined) servers.push({ track: "canary", model: canary.model, ...imageOf(canary.image) });
  if (wanted.shadow !== undefined && shadowTrack(wanted) === "shadow")
    servers.push({ track: "shadow", model: wanted.shadow, ...imageOf(wanted.shadowImage) });
  return servers;
}

/** Where a router finds them, by the address of the servers of a track. */
export const urlsOf = (wanted: Wanted, urlOf: (track: Track) => string): ServerUrls => ({
  primary: urlOf("primary"),
  canary: urlOf("canary"),
  shadow: urlOf(shadowTrack(wanted)),
});

/** Whose servers are asked what a shadow would answer. */
function shadowTrack({ model, image, canary, shadow, shadowImage }: Wanted): Track {
  const isThere = (servedModel: string, servedImage: string | undefined): boolean =>
    shadow === servedModel && (shadowImage === undefined || shadowImage === servedImage);
  if (canary !== undefined && isThere(canary.model, canary.image)) return "canary";
  return isThere(model, image) ? "primary" : "shadow";
}

const imageOf = (image: string | undefined) => (image === undefined ? {} : { image });
