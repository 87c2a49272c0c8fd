import { describe, expect, it } from "vitest";
import { CHEAP } from "../testing/harness.ts";
import { checkPassword, checkUsername, passwords } from "./passwords.ts";

const store = passwords(CHEAP);

describe("a password's hash", () => {
  it("has a salt of its own, tells its cost, and fits only its password", async () => {
    const [one, two] = await Promise.all([store.hash("a good password"), store.hash("a good password")]);
    expect(one).not.toBe(two);
    expect(one).toMatch(/^\$scrypt\$n=1024,r=8,p=1\$[\w-]{22}\$[\w-]{43}$/);
    expect(await store.verify("a good password", one)).toBe(true);
    expect(await store.verify("a good passwore", one)).toBe(false);
    expect(await store.verify("a good password", undefined)).toBe(false);
    expect(await store.verify("a good password", "plain text")).toBe(false);
  });

  it("is still right, and known to be old, when the cost has changed", async () => {
    const old = await passwords({ n: 512, r: 8, p: 1 }).hash("a good password");
    expect(await store.verify("a good password", old)).toBe(true);
    expect(store.isOutdated(old)).toBe(true);
    expect(store.isOutdated(await store.hash("a good password"))).toBe(false);
  });

  it("is the same for one text however it was composed", async () => {
    const hash = await store.hash("senha da sessão".normalize("NFC"));
    expect(await store.verify("senha da sessão".normalize("NFD"), hash)).toBe(true);
  });

  it("is made for a few at once, and refused to a crowd", async () => {
    const slow = passwords({ n: 2 ** 14, r: 8, p: 1 });
    const results = await Promise.allSettled(Array.from({ length: 60 }, () => slow.hash("a good password")));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(26);
    expect(refused[0]).toMatchObject({ reason: { code: "TEMPORARILY_UNAVAILABLE" } });
    expect(await slow.hash("a good password")).toContain("scrypt");
  });
});

it.each([
  ["eleven char", "at least 12 characters"],
  ["x".repeat(1025), "at most 1024 bytes"],
  ["Password1234", "tried first"],
  ["aaaaaaaaaaaa", "tried first"],
  ["Ana-de-Souza", "differ from the username"],
])("refuses the password %s", (password, reason) => {
  expect(() => checkPassword(password, "ana-de-souza")).toThrow(reason);
});

it.each([
  ["", "empty"],
  ["a:b", "colon"],
  ["a\nb", "control"],
  ["x".repeat(256), "at most 255"],
])("refuses the username %j", (username, reason) => {
  expect(() => checkUsername(username)).toThrow(reason);
});
