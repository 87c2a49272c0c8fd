/** A blob's way into a registry: mounted from a neighbour, whole, or in pieces that go on where the line broke. */

import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import { scopeOf } from "./authorization.ts";
import { type Answer, Broken } from "./http.ts";
import { unreached } from "./refusal.ts";
import { isPassing, pauseBefore } from "./retries.ts";
import type { Session } from "./session.ts";

export interface Upload {
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  /** The bytes from one on. */
  open(from: number): Promise<AsyncIterable<Uint8Array>>;
  /** Another repository of the same registry that may have it. */
  readonly mountFrom?: string | undefined;
  /** Larger blobs go in pieces of so many bytes. */
  readonly pieceBytes?: number | undefined;
}

const PIECE_BYTES = 32 * 1024 * 1024;

interface Started {
  readonly location: URL;
  readonly pieceBytes: number;
}

/** @param isThere asks whether the registry has it: an answer that got lost may have been a yes */
export async function upload(
  session: Session,
  what: Upload,
  isThere: () => Promise<boolean>,
): Promise<"mounted" | "uploaded"> {
  const { retries, signal, registry } = session;
  const doing = `take the blob ${what.digest} of ${session.repository}`;
  let started = await start(session, what, what.mountFrom, doing);
  if (started === "mounted") return "mounted";
  for (let next = 2; ; next++) {
    let answer: Answer | undefined;
    let broken: Broken | undefined;
    const isWhole = what.size <= started.pieceBytes;
    try {
      answer = isWhole
        ? await finish(session, started.location, what, { from: 0, length: what.size }, doing)
        : await inPieces(session, started, what, doing);
      if (answer.status === 201 || answer.status === 204) {
        answer.drop();
        return "uploaded";
      }
      // An upload that the registry no longer knows begins anew.
      if (!isPassing(answer.status) && answer.status !== 404 && answer.status !== 416)
        throw await session.refuse(answer, doing);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      broken = error;
    }
    if (next > retries.tries) {
      if (broken !== undefined) throw unreached(registry, doing, broken);
      if (answer !== undefined) throw await session.refuse(answer, doing);
    }
    answer?.drop();
    await sleep(pauseBefore(next, retries, answer), undefined, { signal });
    if (await isThere()) return "uploaded";
    const again = await start(session, what, undefined, doing);
    if (again === "mounted") return "mounted";
    started = again;
  }
}

async function start(
  session: Session,
  { digest, pieceBytes = PIECE_BYTES }: Upload,
  mountFrom: string | undefined,
  doing: string,
): Promise<Started | "mounted"> {
  const to = `${session.repository}/blobs/uploads/`;
  const query = mountFrom === undefined ? "" : `?${new URLSearchParams({ mount: digest, from: mountFrom })}`;
  const scopes = [
    scopeOf(session.repository, "pull", "push"),
    ...(mountFrom === undefined ? [] : [scopeOf(mountFrom, "pull")]),
  ];
  const asking = { method: "POST", to: `${to}${query}`, doing, scopes } as const;
  const answer = await session.ask(asking, 201, 202);
  answer.drop();
  if (answer.status === 201 && mountFrom !== undefined) return "mounted";
  const location = session.pointed(answer, to);
  if (location === undefined)
    throw new EsteiraError(
      "BAD_REQUEST",
      `The registry ${session.registry} does not ${doing}: it names no place for it.`,
    );
  const least = Number(answer.headers["oci-chunk-min-length"] ?? 0);
  return { location, pieceBytes: Math.max(pieceBytes, Number.isSafeInteger(least) ? least : 0) };
}

interface Part {
  readonly from: number;
  readonly length: number;
}

const bodyOfPart = (what: Upload, { from, length }: Part) => ({
  length,
  open: async () => (length === 0 ? nothing() : part(await what.open(from), length)),
});

/** The last request of an upload, with its last bytes or all. */
function finish(session: Session, location: URL, what: Upload, last: Part, doing: string): Promise<Answer> {
  const to = new URL(location);
  to.searchParams.set("digest", what.digest);
  const headers = { "content-type": "application/octet-stream" };
  return session.try({ method: "PUT", to, doing, headers, scopes: scopesOf(session), body: bodyOfPart(what, last) });
}

const scopesOf = (session: Session) => [scopeOf(session.repository, "pull", "push")];

/** Goes on after a break, as long as pieces arrive in between. The answer is the last one, whatever it is. */
async function inPieces(session: Session, started: Started, what: Upload, doing: string): Promise<Answer> {
  const { retries, signal } = session;
  let { location } = started;
  let at = 0;
  for (let next = 2; at < what.size; ) {
    const length = Math.min(started.pieceBytes, what.size - at);
    const headers = { "content-type": "application/octet-stream", "content-range": `${at}-${at + length - 1}` };
    const body = bodyOfPart(what, { from: at, length });
    let answer: Answer | undefined;
    try {
      answer = await session.try({ method: "PATCH", to: location, doing, headers, scopes: scopesOf(session), body });
      if (answer.status === 202) {
        location = session.pointed(answer, location) ?? location;
        at = received(answer) ?? at + length;
        answer.drop();
        next = 2;
        continue;
      }
      if (!isPassing(answer.status) && answer.status !== 416) return answer;
      if (next > retries.tries) return answer;
      answer.drop();
    } catch (error) {
      if (!(error instanceof Broken) || next > retries.tries) throw error;
    }
    await sleep(pauseBefore(next, retries, answer), undefined, { signal });
    const state = await session.try({ method: "GET", to: location, doing, scopes: scopesOf(session) });
    if (state.status !== 204 && state.status !== 202) return state;
    location = session.pointed(state, location) ?? location;
    const has = received(state) ?? 0;
    state.drop();
    // It stands where it stood, and would refuse the same piece again.
    if (answer?.status === 416 && has === at) return answer;
    next = has > at ? 2 : next + 1;
    at = has;
  }
  return finish(session, location, what, { from: at, length: 0 }, doing);
}

/** How many bytes a registry has, by its `Range: 0-99`; some write `0-0` for none. */
function received(answer: Answer): number | undefined {
  const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? "")?.[1];
  if (last === undefined) return undefined;
  return last === "0" ? 0 : Number(last) + 1;
}

async function* part(source: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array, void, undefined> {
  let left = length;
  for await (const piece of source) {
    yield piece.subarray(0, left);
    left -= piece.byteLength;
    if (left <= 0) return;
  }
  throw new EsteiraError("INVALID_STATE", `A blob ends ${left} bytes before it should: it is not sent.`);
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
