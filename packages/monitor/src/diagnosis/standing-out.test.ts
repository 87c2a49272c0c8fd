import { expect, it } from "vitest";
import { SliceTally } from "../signals/slice-tally.ts";
import { standingOut } from "./standing-out.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 2, 20, 12);

/** An hour of 2,000 decisions; a share of those by QR code is alerted, and one in a hundred of the others. */
function hour(qrShare: number, otherShare = 0.01): SliceTally {
  const tally = new SliceTally(8 * HOUR);
  const rows = Array.from({ length: 2000 }, (_, row) => row);
  const channel = rows.map((row) => (row % 4 === 0 ? "qr" : row % 4 === 1 ? "key" : "account"));
  const alerted = rows.map((row) => {
    const share = channel[row] === "qr" ? qrShare : otherShare;
    return (row * 7919) % 2000 < share * 2000 ? 1 : 0;
  });
  const bank = rows.map((row) => (row % 3 === 0 ? null : `bank-${row % 5}`));
  tally.add({
    at: rows.map((row) => NOW - HOUR + row),
    alerted,
    weight: rows.map(() => 1),
    columns: { channel, bank },
  });
  return tally;
}
const counts = (tally: SliceTally) => tally.between(NOW - HOUR, NOW);

it("the kind of decisions in which alerts have grown stands out, with its share now and before", () => {
  expect(standingOut(counts(hour(0.2)), counts(hour(0.01)))).toEqual({
    ...{ column: "channel", value: "qr" },
    share: expect.closeTo(0.2, 1),
    shareBefore: expect.closeTo(0.01, 2),
  });
});

it("nothing stands out where nothing has grown, or all has", () => {
  expect(standingOut(counts(hour(0.02)), counts(hour(0.02)))).toBeUndefined();
  expect(standingOut(counts(hour(0.2, 0.2)), counts(hour(0.01)))).toBeUndefined();
  expect(standingOut(counts(hour(0.2)), new Map())).toBeUndefined();
});

it("hours that are too old are forgotten, and a column of too many values keeps the first", () => {
  const tally = new SliceTally(2 * HOUR);
  const add = (at: number, values: readonly string[]) =>
    tally.add({
      at: values.map(() => at),
      alerted: values.map(() => 0),
      weight: values.map(() => 1),
      columns: { id: values },
    });
  add(NOW - 9 * HOUR, ["a"]);
  add(
    NOW,
    Array.from({ length: 500 }, (_, i) => `id-${i}`),
  );
  const kept = tally.between(NOW - 24 * HOUR, NOW + HOUR).get("id");
  expect(kept?.size).toBe(50);
  expect(kept?.has("a")).toBe(false);
});
