import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { titleOf } from "./differential/case.ts";
import { AREAS } from "./differential/cases/areas.ts";
import { disagreement } from "./differential/compare.ts";
import { type Player, play, player } from "./differential/play.ts";
import { findOracle } from "./oracle.ts";
import { type Peer, startEsteira, startMlflow } from "./servers.ts";

const oracle = findOracle();

/** The same calls go to both servers; status, code, message and body of the answers must be equal. */
describe.skipIf("missing" in oracle)(
  `calls on both servers${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    let peers: readonly Peer[] = [];
    let theirs: Player;
    let ours: Player;

    beforeAll(async () => {
      const python = "python" in oracle ? oracle.python : "";
      const [mine, other] = await Promise.all([startEsteira(), startMlflow(python, { workers: 1 })]);
      peers = [mine, other];
      ours = player(mine.url);
      theirs = player(other.url);
    });
    afterAll(async () => {
      for (const peer of peers) await peer.close();
    });

    describe.each(Object.entries(AREAS))("%s", (_, cases) => {
      it.each(cases.map((one, index) => [index + 1, titleOf(one), one] as const))(
        "%i %s",
        async (_index, _title, one) => {
          const expected = await play(one, theirs);
          const actual = await play(one, ours);
          expect(disagreement(one, expected, actual)).toBeUndefined();
        },
      );
    });
  },
);
