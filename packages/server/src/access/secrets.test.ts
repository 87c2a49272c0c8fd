import { expect, it } from "vitest";
import { hashSecret, newToken, randomSecret, sameHash, tokenId } from "./secrets.ts";

it("makes tokens that scanners can find and whose rows have an id", () => {
  const { id, token } = newToken();
  expect(token).toMatch(/^est_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}$/);
  expect(tokenId(token)).toBe(id);
  const many = Array.from({ length: 200 }, () => newToken().token.slice(-43)).join("");
  expect(new Set(many).size).toBe(62);
});

it.each(["", "est_", "est_short_x", `${newToken().token}x`, ` ${newToken().token}`, "est_' OR 1=1--_"])(
  "finds no id in %j",
  (text) => expect(tokenId(text)).toBeUndefined(),
);

it("tells hashes apart", () => {
  const secret = randomSecret();
  expect(sameHash(hashSecret(secret), hashSecret(secret))).toBe(true);
  expect(sameHash(hashSecret(secret), hashSecret(`${secret}x`))).toBe(false);
  expect(sameHash(hashSecret(secret), "short")).toBe(false);
});
