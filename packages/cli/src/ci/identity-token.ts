import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { Terminal } from "../command.ts";

/** Where a CI puts the OIDC token of a job that asks for none by itself: GitLab's `id_tokens`, Jenkins' credentials. */
const VARIABLE = "ESTEIRA_ID_TOKEN";
const TIMEOUT_MS = 30_000;

const answer = z.object({ value: z.string().min(1) });

/** The OIDC token of this job, for an audience: asked of GitHub's runner, or as the CI has left it in a variable. */
export async function identityToken(env: Terminal["env"], audience: string): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
  if (address !== undefined && secret !== undefined) return askGitHub(address, secret, audience);
  const token = env[VARIABLE]?.trim();
  if (token) return token;
  throw invalid(
    `This job has no OIDC token. At GitHub give it 'permissions: id-token: write'; at another CI put its token for the audience ${audience} into ${VARIABLE}.`,
  );
}

async function askGitHub(address: string, secret: string, audience: string): Promise<string> {
  const url = new URL(address);
  url.searchParams.set("audience", audience);
  let problem: string;
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${secret}`, accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { data } = answer.safeParse(await response.json().catch(() => undefined));
    if (response.ok && data !== undefined) return data.value;
    problem = `it answered HTTP ${response.status}`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  throw invalid(`The runner gave no OIDC token for the audience ${audience}: ${problem}.`);
}
