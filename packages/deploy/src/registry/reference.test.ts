import { expect, test } from "vitest";
import { apiOf, isLoopback, parseReference, printReference } from "./reference.ts";

const DIGEST = `sha256:${"a1".repeat(32)}`;

test.each([
  ["pix", "docker.io/library/pix"],
  ["pix:3", "docker.io/library/pix:3"],
  ["me/pix", "docker.io/me/pix"],
  ["index.docker.io/pix", "docker.io/library/pix"],
  ["localhost/pix", "localhost/pix"],
  ["localhost:5000/pix:v1", "localhost:5000/pix:v1"],
  ["127.0.0.1:5055/team/pix", "127.0.0.1:5055/team/pix"],
  ["[::1]:5000/pix", "[::1]:5000/pix"],
  ["Registry/pix", "Registry/pix"],
  ["ghcr.io/me/pix_a/b--c.d__e:V1.0-x_", "ghcr.io/me/pix_a/b--c.d__e:V1.0-x_"],
  [`ghcr.io/me/pix:3@${DIGEST}`, `ghcr.io/me/pix:3@${DIGEST}`],
  [`pix@${DIGEST}`, `docker.io/library/pix@${DIGEST}`],
])("%s is %s", (text, whole) => {
  expect(printReference(parseReference(text))).toBe(whole);
  expect(parseReference(whole)).toEqual(parseReference(text));
});

test.each([
  ["", "expected [HOST/]REPOSITORY"],
  ["Pix", "'library/pix' would do"],
  ["pix:", "the tag ''"],
  ["pix:-a", "the tag '-a'"],
  [`pix:${"a".repeat(129)}`, "128 at most"],
  ["pix@sha256:12", "its digest must be sha256:"],
  [`pix@${DIGEST}@${DIGEST}`, "two digests"],
  ["a//b", "single . _ - or / between them"],
  ["a___b", "single . _ - or / between them"],
  ["../pix", "is no host"],
  ["host.name:99999/pix", "no valid port"],
  ["host.name:0/pix", "no valid port"],
  ["user:secret@host.name/pix", "its digest must be"],
  ["https://host.name/pix", "no host"],
  ["pix;rm -rf", "single . _ - or / between them"],
  ["a/".repeat(200), "255 at most"],
])("'%s' is refused", (text, sentence) => {
  expect(() => parseReference(text)).toThrow(sentence);
});

test("plain http is for this machine alone", () => {
  expect(["localhost", "localhost:5000", "a.localhost", "127.1.2.3:80", "[::1]:5000"].map(isLoopback)).not.toContain(
    false,
  );
  expect(["127.0.0.1.evil.com", "localhost.evil.com", "10.0.0.1", "[::2]", "1127.0.0.1"].map(isLoopback)).not.toContain(
    true,
  );
  expect(apiOf("docker.io").href).toBe("https://registry-1.docker.io/");
  expect(apiOf("ghcr.io").href).toBe("https://ghcr.io/");
  expect(apiOf("127.0.0.1:5055").href).toBe("http://127.0.0.1:5055/");
});
