import { z } from "zod";

/** Where a secret is. Its text never stands in the file: that is kept in git and read by many. */
export const secretSource = z
  .union(
    [
      z.strictObject({
        env: z
          .string()
          .regex(/^[A-Za-z_]\w*$/)
          .describe("The environment variable that holds it."),
      }),
      z.strictObject({ file: z.string().min(1).describe("The file that holds it, beside this one or absolute.") }),
    ],
    { error: "a secret is not written here: name where it is, as { env: VARIABLE } or { file: PATH }" },
  )
  .describe("Where the secret is.");

export type SecretSource = z.output<typeof secretSource>;
