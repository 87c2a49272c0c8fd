import { expect, it } from "vitest";
import { stateOf } from "./token-state.ts";

it("a token is worth something until its end, unless it was revoked", () => {
  expect(stateOf({ expiresAt: 10 }, 9)).toBe("active");
  expect(stateOf({ expiresAt: 10 }, 10)).toBe("expired");
  expect(stateOf({ expiresAt: 10, revokedAt: 5 }, 9)).toBe("revoked");
});
