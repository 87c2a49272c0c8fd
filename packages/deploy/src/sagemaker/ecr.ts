/** Images in AWS's registry: it gives a password for some hours to who has credentials for AWS. */

import { EsteiraError } from "@esteira/core/errors";
import type { CredentialSource } from "../registry/credentials.ts";
import { type AwsOptions, openAws } from "./aws.ts";
import { asked } from "./errors.ts";

const HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;

/** The region of a registry of AWS; undefined for any other. */
export const ecrRegion = (registry: string): string | undefined => HOST.exec(registry)?.[2];

/**
 * What others keep is taken first; AWS is asked for its own registries alone.
 *
 * @param regionOf the region of a registry that AWS gives passwords for
 */
export function withEcr(
  kept: CredentialSource,
  options: AwsOptions,
  regionOf: (registry: string) => string | undefined = ecrRegion,
): CredentialSource {
  return async (repository) => {
    const found = await kept(repository);
    const region = regionOf(repository.registry);
    if (found !== undefined || region === undefined) return found;
    const aws = openAws({ ...options, region });
    try {
      const client = await aws.ecr();
      const given = await asked("give a password of its registry", () => client.getAuthorizationToken({}));
      const token = given.authorizationData?.[0]?.authorizationToken ?? "";
      const [username, ...rest] = Buffer.from(token, "base64").toString("utf8").split(":");
      if (username === undefined || username === "" || rest.length === 0) {
        throw new EsteiraError("UNAUTHENTICATED", `AWS gives no password of the registry ${repository.registry}.`);
      }
      return { kind: "password", username, password: rest.join(":") };
    } finally {
      aws.close();
    }
  };
}
