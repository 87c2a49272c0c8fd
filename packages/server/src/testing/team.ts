import { Writable } from "node:stream";
import pino from "pino";
import { expect } from "vitest";
import type { AccessOptions } from "../access/access.ts";
import { passwords } from "../access/passwords.ts";
import { type Answer, CHEAP, type Harness, openHarness } from "./harness.ts";

/** Of every user of a team. */
export const PASSWORD = "a long enough password";
export const API = "/api/2.0/mlflow";
export const OWN = "/api/esteira/v1/access";
/** Under which browsers reach a team's server. */
export const HOST = "mlflow.example";
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export const basic = (username: string, password = PASSWORD) => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
});
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A server with access control and three users: `admin`, and `ana` and `bia`, who are none. */
export interface Team {
  readonly server: Harness;
  /** The clock of the server, which stands still until a test moves it. */
  readonly time: { now: number };
  /** All that the server has logged. */
  log(): string;
  addUser(username: string, isAdmin?: boolean): Promise<void>;
  search(headers: Record<string, string>, fields?: object): Promise<Answer>;
  create(name: string, headers: Record<string, string>): Promise<Answer>;
  newToken(fields: object, owner?: string): Promise<{ readonly token: string; readonly id: string }>;
  /** Signs in as a page of `HOST` does, unless other headers are given. */
  signInAs(
    username: string,
    headers?: Record<string, string>,
  ): Promise<{ readonly answer: Answer; readonly cookie: string }>;
}

const PAGE = { host: HOST, origin: `https://${HOST}` };
/** The headers of a page of `HOST` in a browser that has this cookie. */
export const pageWith = (cookie: string) => ({ ...PAGE, cookie });

export async function openTeam(access: Partial<AccessOptions> = {}): Promise<Team> {
  let lines = "";
  const sink = new Writable({
    write: (chunk, _, done) => {
      lines += String(chunk);
      done();
    },
  });
  const time = { now: 1_800_000_000_000 };
  const server = await openHarness({
    access,
    clock: () => time.now,
    log: pino({ level: "debug" }, sink),
    boundary: { publicHosts: [HOST] },
  });
  const passwordHash = await passwords(CHEAP).hash(PASSWORD);
  const addUser = async (username: string, isAdmin = false) => {
    await server.store.createUser({ username, passwordHash, isAdmin });
  };
  for (const username of ["admin", "ana", "bia"]) await addUser(username, username === "admin");
  return {
    server,
    time,
    log: () => lines,
    addUser,
    search: (headers, fields = {}) =>
      server.call("POST", `${API}/experiments/search`, { max_results: 100, ...fields }, headers),
    create: (name, headers) => server.call("POST", `${API}/experiments/create`, { name }, headers),
    newToken: async (fields, owner = "ana") => {
      const request = { name: "ci", scopes: ["read"], ...fields };
      const { body, status } = await server.call("POST", `${OWN}/tokens`, request, basic(owner));
      expect(status).toBe(200);
      return { token: String(body.token), id: String(body.info?.id) };
    },
    signInAs: async (username, headers = PAGE) => {
      const answer = await server.call("POST", `${OWN}/sessions`, { username, password: PASSWORD }, headers);
      return { answer, cookie: String(answer.headers["set-cookie"] ?? "").split(";")[0] ?? "" };
    },
  };
}
