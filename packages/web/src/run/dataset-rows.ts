import { z } from "zod";

const profileWire = z.looseObject({ num_rows: z.number().optional() });

/** How many rows a dataset's profile (JSON) tells; undefined where it tells none. */
export function rowCount(profile: string | undefined): number | undefined {
  if (profile === undefined || profile === "") return undefined;
  try {
    return profileWire.safeParse(JSON.parse(profile)).data?.num_rows;
  } catch {
    return undefined;
  }
}
