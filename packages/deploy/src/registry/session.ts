/** Requests to one repository of a registry: signed in, tried again when that helps, led to where blobs are kept. */

import { Readable } from "node:stream";
import { EsteiraError } from "@esteira/core/errors";
import { authorizationOf, type Scope } from "./authorization.ts";
import type { CredentialSource } from "./credentials.ts";
import { type Answer, type Body, Broken, openHttp } from "./http.ts";
import { apiOf, isLoopback, type Repository } from "./reference.ts";
import { refusal, unreached } from "./refusal.ts";
import { RETRIES, type Retries, withRetries } from "./retries.ts";

export interface SessionOptions {
  readonly credentials: CredentialSource;
  readonly signal?: AbortSignal | undefined;
  readonly retries?: Retries | undefined;
  /** How long the registry may say nothing. */
  readonly silenceMs?: number | undefined;
}

export interface Asking {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/v2/`, or where the registry said. */
  readonly to: string | URL;
  /** What it is, in the words of a sentence: "give the tags of me/pix". */
  readonly doing: string;
  readonly scopes: readonly Scope[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** The answer is read whole, up to so many bytes and one; where it breaks in its middle, it is asked for again. */
  readonly limit?: number;
}

export interface Session extends Repository {
  readonly retries: Retries;
  readonly signal: AbortSignal | undefined;
  /** Tries it until an answer comes. @throws EsteiraError with the registry's words when its status is none of `expected` */
  ask(asking: Asking, ...expected: readonly number[]): Promise<Answer>;
  /** Tries it once, whatever the answer. @throws Broken */
  try(asking: Asking): Promise<Answer>;
  refuse(answer: Answer, doing: string): Promise<EsteiraError>;
  /** Where an answer points to, checked. Undefined when it points nowhere. */
  pointed(answer: Answer, base: string | URL): URL | undefined;
}

const SILENCE_MS = 60_000;
const REDIRECTS = 5;
const AGENT = "esteira";

export function openSession(repository: Repository, options: SessionOptions): Session {
  const { registry } = repository;
  const { signal, retries = RETRIES, silenceMs = SILENCE_MS } = options;
  const api = apiOf(registry);
  const http = openHttp({ silenceMs, signal });

  /** Credentials and images go over TLS, or stay on this machine. */
  const safe = (url: URL): URL => {
    if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.host) && isLoopback(registry)))
      return url;
    throw new EsteiraError(
      "BAD_REQUEST",
      `The registry ${registry} points to ${url.protocol}//${url.host}, which is not https: nothing is sent there. Its proxy must tell it that it is reached by https.`,
    );
  };
  const locate = (to: string | URL): URL => safe(typeof to === "string" ? new URL(`/v2/${to}`, api) : to);
  const pointed: Session["pointed"] = (answer, base) => {
    const { location } = answer.headers;
    if (location === undefined || !URL.canParse(location, locate(base))) return undefined;
    return safe(new URL(location, locate(base)));
  };

  const authorization = authorizationOf(
    repository,
    options.credentials,
    async (sending) => {
      const doing = "let us in";
      try {
        return await withRetries(retries, signal, () => http.send(sending));
      } catch (error) {
        throw error instanceof Broken
          ? unreached(`${registry} (its token server ${sending.url.host})`, doing, error)
          : error;
      }
    },
    Date.now,
  );

  const send = async (asking: Asking, url: URL, header: string | undefined): Promise<Answer> => {
    const { method, headers, body } = asking;
    // What a registry points to elsewhere is signed by its address, and must not see who we are.
    const own = header !== undefined && url.origin === api.origin ? { authorization: header } : {};
    return http.send({ method, url, headers: { "user-agent": AGENT, ...headers, ...own }, body });
  };

  const once = async (asking: Asking): Promise<Answer> => {
    let header = authorization.header(asking.scopes);
    let url = locate(asking.to);
    let isAnswered = false;
    for (let redirects = 0; ; ) {
      const answer = await send(asking, url, header);
      if (answer.status === 401 && !isAnswered && url.origin === api.origin) {
        isAnswered = true;
        header = await authorization.answer(answer.headers["www-authenticate"] ?? "", asking.scopes);
        if (header === undefined) return answer;
        answer.drop();
        continue;
      }
      const isRead = asking.method === "GET" || asking.method === "HEAD";
      const isElsewhere = answer.status >= 301 && answer.status <= 308 && answer.status !== 304;
      const next = isRead && isElsewhere ? pointed(answer, url) : undefined;
      if (next === undefined || ++redirects > REDIRECTS) return answer;
      answer.drop();
      url = next;
    }
  };

  const refuse: Session["refuse"] = (answer, doing) => refusal(answer, registry, doing, authorization.hide);

  return {
    ...repository,
    retries,
    signal,
    async ask(asking, ...expected) {
      let answer: Answer;
      try {
        answer = await withRetries(retries, signal, async () => {
          const first = await once(asking);
          return asking.limit === undefined ? first : held(first, await first.bytes(asking.limit + 1));
        });
      } catch (error) {
        throw error instanceof Broken ? unreached(registry, asking.doing, error) : error;
      }
      if (expected.includes(answer.status)) return answer;
      throw await refuse(answer, asking.doing);
    },
    try: once,
    refuse,
    pointed,
  };
}

const held = (answer: Answer, bytes: Uint8Array): Answer => ({
  ...answer,
  body: Readable.from([bytes]),
  bytes: async (limit) => bytes.subarray(0, limit),
  drop: () => {},
});
