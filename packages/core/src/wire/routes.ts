import { z } from "zod";

/** Plain http alone: models answer inside of a cluster's or a machine's own network, and TLS ends before the router. */
const address = z.url({ protocol: /^http$/ });

const route = z.strictObject({
  /** Where the model's server listens, `http://host:port`. */
  url: address,
  /** What is served there, for those who read the file or the metrics: `models:/pix/3`. */
  model: z.string().min(1),
});

/**
 * Which servers get a router's requests: a file that who deploys writes whole, and the router follows. A canary answers its share in
 * the primary's place; the shadow is asked too, and its answers are compared and dropped.
 */
export const routesWire = z.strictObject({
  /** Counts the changes: what is observed begins anew with each. */
  generation: z.int().nonnegative(),
  primary: route,
  canary: z.strictObject({ ...route.shape, share: z.number().min(0).max(1) }).optional(),
  shadow: route.optional(),
});
export type Routes = z.output<typeof routesWire>;
