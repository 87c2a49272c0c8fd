import { describe, expect, it } from "vitest";
import { fraudWire, parseItems, toNamedFraud, toNamedTransfer, transferWire } from "./transfer-wire.ts";

const least = { id: "t1", time: "2026-07-01T12:00:00-03:00", payer: "a", payee: "b", amount: 12.34 };
const parse = (body: unknown) => parseItems(transferWire, body, "transfer");
const fault = (change: object) => () => parse({ ...least, ...change });

describe("a transfer on the wire", () => {
  it("gives instants in milliseconds and money in cents", () => {
    const [wire] = parse({ ...least, balance: 0.1, limit: 1e6, payer_opened_at: "2020-01-01T00:00:00Z" }).items;
    expect(toNamedTransfer(wire!)).toMatchObject({
      time: Date.UTC(2026, 6, 1, 15),
      amountCents: 1234,
      balanceCents: 10,
      limitCents: 100_000_000,
      payerOpenedAt: Date.UTC(2020, 0, 1),
    });
  });

  it("takes what is left out, and null, as not known", () => {
    const [wire] = parse({ ...least, balance: null, device: null }).items;
    expect(toNamedTransfer(wire!)).toMatchObject({
      device: null,
      balanceCents: Number.NaN,
      limitCents: Number.NaN,
      payeeOpenedAt: Number.NaN,
      latitude: Number.NaN,
      riskBits: 0,
    });
  });

  it.each([
    [{ time: "2026-07-01T12:00:00" }, "Invalid transfer (time): expected an ISO 8601 instant with an offset"],
    [{ time: "2026-02-30T12:00:00Z" }, "Invalid transfer (time)"],
    [{ amount: 1.234 }, "Invalid transfer (amount): expected at most two decimals"],
    [{ amount: -1 }, "Invalid transfer (amount)"],
    [{ amount: "1" }, "Invalid transfer (amount)"],
    [{ payee: "a" }, "Invalid transfer (payee): expected another account than the payer's"],
    [{ key_type: "fax" }, "Invalid transfer (key_type)"],
  ])("refuses %j by naming the field", (change, words) => {
    expect(fault(change)).toThrow(words);
  });

  it("names the item of a list, and refuses lists that are empty or too long", () => {
    expect(() => parse([least, { ...least, amount: -1 }])).toThrow("Invalid transfer (transfer 1, amount)");
    expect(() => parse([])).toThrow("The request has 0 transfers: expected 1 to 1000.");
    expect(() => parse(Array.from({ length: 1001 }, () => least))).toThrow("expected 1 to 1000");
  });
});

it("a fraud on the wire keeps when it happened and when it became known", () => {
  const { items } = parseItems(
    fraudWire,
    { payer: "a", payee: "b", time: "2026-07-01T00:00:00Z", known_at: "2026-07-09T00:00:00-03:00" },
    "fraud",
  );
  expect(toNamedFraud(items[0]!)).toEqual({
    payer: "a",
    payee: "b",
    device: null,
    time: Date.UTC(2026, 6, 1),
    knownAt: Date.UTC(2026, 6, 9, 3),
  });
});
