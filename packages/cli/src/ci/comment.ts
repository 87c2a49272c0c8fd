import { readFile } from "node:fs/promises";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { Terminal } from "../command.ts";

/** Tells our comment from all others, so that the next one takes its place. Nobody sees it. */
const MARK = "<!-- esteira gate -->";
const PAGE = 100;
const TIMEOUT_MS = 30_000;

const comments = z.array(z.object({ id: z.number(), body: z.string().nullish() }));

/** How a forge keeps comments of a pull request. */
interface Forge {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Where comments are listed and made. */
  readonly list: string;
  readonly one: (id: number) => string;
  readonly change: "PATCH" | "PUT";
}

/**
 * Writes Markdown under the pull request of this job, in place of what was written there before. Undefined, and nothing is done, where
 * the job is of no pull request.
 */
export async function comment(markdown: string, env: Terminal["env"]): Promise<"made" | "changed" | undefined> {
  const forge = (await github(env)) ?? gitlab(env);
  if (forge === undefined) return undefined;
  const body = { body: `${MARK}\n${markdown}` };
  for (let page = 1; ; page++) {
    const found = comments.parse(await call(forge, "GET", `${forge.list}?per_page=${PAGE}&page=${page}`));
    const own = found.find((one) => one.body?.startsWith(MARK));
    if (own !== undefined) {
      await call(forge, forge.change, forge.one(own.id), body);
      return "changed";
    }
    if (found.length < PAGE) break;
  }
  await call(forge, "POST", forge.list, body);
  return "made";
}

const event = z.object({ pull_request: z.object({ number: z.int() }).optional() });

async function github(env: Terminal["env"]): Promise<Forge | undefined> {
  const { GITHUB_REPOSITORY: repository, GITHUB_EVENT_PATH: path, GITHUB_TOKEN: token } = env;
  if (repository === undefined || path === undefined) return undefined;
  const { data } = event.safeParse(JSON.parse(await readFile(path, "utf8")));
  const number = data?.pull_request?.number;
  if (number === undefined) return undefined;
  if (!token)
    throw invalid("GITHUB_TOKEN is not set: give the step the variable GITHUB_TOKEN with the value of github.token.");
  const base = `${env.GITHUB_API_URL ?? "https://api.github.com"}/repos/${repository}/issues`;
  return {
    name: "GitHub",
    headers: { authorization: `Bearer ${token}`, accept: "application/vnd.github+json" },
    list: `${base}/${number}/comments`,
    one: (id) => `${base}/comments/${id}`,
    change: "PATCH",
  };
}

function gitlab(env: Terminal["env"]): Forge | undefined {
  const { CI_API_V4_URL: api, CI_PROJECT_ID: project, CI_MERGE_REQUEST_IID: number } = env;
  if (api === undefined || project === undefined || number === undefined) return undefined;
  const token = env.ESTEIRA_COMMENT_TOKEN;
  if (!token) {
    throw invalid(
      "ESTEIRA_COMMENT_TOKEN is not set: a job token writes no notes, so make a project access token with the scope api.",
    );
  }
  const list = `${api}/projects/${encodeURIComponent(project)}/merge_requests/${number}/notes`;
  return { name: "GitLab", headers: { "private-token": token }, list, one: (id) => `${list}/${id}`, change: "PUT" };
}

async function call(forge: Forge, method: string, url: string, body?: object): Promise<unknown> {
  let problem: string;
  try {
    const response = await fetch(url, {
      method,
      headers: { ...forge.headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return await response.json();
    problem = `HTTP ${response.status} ${(await response.text()).slice(0, 200)}`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  throw new EsteiraError("TEMPORARILY_UNAVAILABLE", `${forge.name} did not take the comment at ${url}: ${problem}`);
}
