import { expect, it } from "vitest";
import { decryptFernet, encryptFernet, newFernetKey, parseFernetKey } from "./fernet.ts";

const key = (text: string) => {
  const parsed = parseFernetKey(text);
  if (parsed === undefined) throw new Error(`no key: ${text}`);
  return parsed;
};

// Made by Python's cryptography.fernet, which MLflow uses.
const PYTHON = {
  key: "VgqsUxB_la62gCCGJJYe5UtoMSeMmWc_qMm_dbDmXSg=",
  token: "gAAAAABrBw56c5VqWsJz75fK8dIZfy6DQkl7xYKExEx-wrOIPe-_PDgnt1FSSXC-d1ApfDmAiC9YrGzbcexoBfe3twY7OXTp4w==",
  text: "segredo çã",
};

it("reads what MLflow's library has written", () => {
  expect(decryptFernet(key(PYTHON.key), PYTHON.token)).toBe(PYTHON.text);
});

it("reads back its own tokens, each of them another text", () => {
  const own = key(newFernetKey());
  const tokens = ["", "a", "x".repeat(500)].map((text) => encryptFernet(own, text, 1_700_000_000_000));
  expect(tokens.map((token) => decryptFernet(own, token))).toEqual(["", "a", "x".repeat(500)]);
  expect(encryptFernet(own, "a", 0)).not.toBe(encryptFernet(own, "a", 0));
});

it("refuses another key, a changed token, and what is no token", () => {
  expect(decryptFernet(key(newFernetKey()), PYTHON.token)).toBeUndefined();
  const changed = `${PYTHON.token.slice(0, 40)}${PYTHON.token[40] === "A" ? "B" : "A"}${PYTHON.token.slice(41)}`;
  expect(decryptFernet(key(PYTHON.key), changed)).toBeUndefined();
  expect(decryptFernet(key(PYTHON.key), "plain text")).toBeUndefined();
  expect(parseFernetKey("short")).toBeUndefined();
});
