import { expect, test } from "vitest";
import { parseOptions } from "./options.ts";

const parse = (...argv: string[]) => parseOptions(argv, false);

test("the defaults", () => {
  expect(parse()).toEqual({
    transfers: 500_000,
    days: 240,
    seed: 7,
    trainer: "both",
    trials: 3,
    data: "esteira-data",
    port: 0,
    language: "en",
    stay: false,
  });
  expect(parseOptions([], true)?.stay).toBe(true);
  expect(parseOptions(["--no-stay"], true)?.stay).toBe(false);
  expect(parse("--gate", "strict.yaml")?.gate).toBe("strict.yaml");
  expect(parse("--full")?.transfers).toBe(1_000_000);
  expect(parse("--help")).toBeUndefined();
});

test.each([
  [["--transfer", "5"], "Unknown option --transfer: did you mean --transfers? See --help."],
  [["--transfers", "ten"], "--transfers is 'ten': expected a whole number from 20000 to 20000000."],
  [["--transfers", "10"], "--transfers is '10': expected a whole number from 20000 to 20000000."],
  [["--trainer", "svm"], "--trainer is 'svm': expected one of both, xgboost, random-forest."],
  [["--full", "--transfers", "50000"], /either --full or --transfers/],
  [["--mapping", "fdh"], /give the file with --ledger/],
  [["--protocol", "handbook"], /give the file with --ledger/],
  [["--ledger", "x.csv", "--protocol", "book"], "--protocol is 'book': expected one of handbook."],
  [["--ledger", "x.csv", "--protocol", "handbook", "--trials", "5"], /--trials belongs to the search/],
  [["--ledger", "x.csv", "--full"], /belong to the simulated world/],
  [["--port"], /See --help/],
  [["stray"], /See --help/],
])("%j is refused in one sentence", (argv, message) => {
  expect(() => parse(...argv)).toThrow(message);
});
