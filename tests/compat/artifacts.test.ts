import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARTIFACT_CALLS, type ArtifactCall, FOLDER_CALLS, titleOf } from "./artifact-calls.ts";
import { type ArtifactSession, artifactSession } from "./artifact-session.ts";
import { findOracle } from "./oracle.ts";
import { type Peer, startEsteira, startMlflow } from "./servers.ts";

const oracle = findOracle();

/** The same calls go to both servers; status, faults, listings, bytes and how a file is presented must be equal. */
describe.skipIf("missing" in oracle)(
  `artifacts on both servers${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    let peers: readonly Peer[] = [];
    let ours: ArtifactSession;
    let theirs: ArtifactSession;
    beforeAll(async () => {
      const python = "python" in oracle ? oracle.python : "";
      peers = await Promise.all([startEsteira(), startMlflow(python, { workers: 1 })]);
      const [mine, other] = await Promise.all(peers.map(({ url }) => artifactSession(url)));
      if (mine !== undefined) ours = mine;
      if (other !== undefined) theirs = other;
    });
    afterAll(async () => {
      for (const peer of peers) await peer.close();
    });

    it.each([...ARTIFACT_CALLS, ...FOLDER_CALLS].map((call, index) => [index + 1, titleOf(call), call] as const))(
      "%i %s",
      async (_, __, call: ArtifactCall) => {
        const [actual, expected] = [await ours(call), await theirs(call)];
        if (call.own === undefined) expect(actual).toEqual(expected);
        else expect(actual).toMatchObject({ status: call.own.status, body: { error_code: call.own.errorCode } });
      },
    );
  },
);
