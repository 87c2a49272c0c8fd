import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Terminal } from "../command.ts";

const TIMEOUT_MS = 30_000;

export const CIS = ["github", "gitlab", "jenkins"] as const;
export type Ci = (typeof CIS)[number];

/** Which pipeline: of `OWNER/REPOSITORY` at GitHub, `GROUP/PROJECT` at GitLab, the address of a job at Jenkins. */
export interface Pipeline {
  readonly ci: Ci;
  readonly project: string;
  /** Whose pipeline is started, where the CI wants to be told. */
  readonly branch: string;
}

/** Why it is started, for those who look at it. */
export interface Cause {
  /** `model_alert.firing` */
  readonly event: string;
  readonly model: string;
  readonly delivery: string;
}

interface Call {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Checks that a pipeline can be started at all, before anybody asks; answers what starts it. */
export function pipelineStarter(pipeline: Pipeline, env: Terminal["env"]): (cause: Cause) => Promise<void> {
  const callOf = CALLS[pipeline.ci](pipeline, env);
  return async (cause) => {
    const { url, ...call } = callOf(cause);
    let problem: string;
    try {
      const answer = await fetch(url, { method: "POST", ...call, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (answer.ok) return;
      problem = `HTTP ${answer.status} ${(await answer.text()).slice(0, 200)}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    throw new EsteiraError("TEMPORARILY_UNAVAILABLE", `${pipeline.ci} did not start the pipeline: ${problem}`);
  };
}

const CALLS: Readonly<Record<Ci, (pipeline: Pipeline, env: Terminal["env"]) => (cause: Cause) => Call>> = {
  github: ({ project }, env) => {
    const token = asked(env, "GITHUB_TOKEN", "a token that may write the repository's contents");
    const url = `${env.GITHUB_API_URL ?? "https://api.github.com"}/repos/${project}/dispatches`;
    const headers = { authorization: `Bearer ${token}`, accept: "application/vnd.github+json", ...JSON_BODY };
    return (cause) => ({ url, headers, body: JSON.stringify({ event_type: "esteira", client_payload: cause }) });
  },
  gitlab: ({ project, branch }, env) => {
    const token = asked(env, "ESTEIRA_TRIGGER_TOKEN", "a pipeline trigger token of the project");
    const url = `${env.CI_API_V4_URL ?? "https://gitlab.com/api/v4"}/projects/${encodeURIComponent(project)}/trigger/pipeline`;
    return ({ event, model, delivery }) => {
      const variables = { ESTEIRA_EVENT: event, ESTEIRA_EVENT_MODEL: model, ESTEIRA_EVENT_DELIVERY: delivery };
      return { url, headers: JSON_BODY, body: JSON.stringify({ token, ref: branch, variables }) };
    };
  },
  jenkins: ({ project }, env) => {
    const user = asked(env, "JENKINS_USER_ID", "who starts the job");
    const token = asked(env, "JENKINS_API_TOKEN", "that user's API token");
    const url = `${project.replace(/\/+$/, "")}/buildWithParameters`;
    const authorization = `Basic ${Buffer.from(`${user}:${token}`).toString("base64")}`;
    const headers = { authorization, "content-type": "application/x-www-form-urlencoded" };
    return () => ({ url, headers, body: "ACTION=promote" });
  },
};

const JSON_BODY = { "content-type": "application/json" } as const;

function asked(env: Terminal["env"], name: string, what: string): string {
  const value = env[name];
  if (value) return value;
  throw invalid(`${name} is not set: give ${what} in it.`);
}
