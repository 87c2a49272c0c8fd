import { expect, test } from "vitest";
import { safeHref } from "./safe-href.ts";

test("only addresses that lead somewhere are links", () => {
  expect(safeHref("https://bcb.gov.br/pix?x=1")).toBe("https://bcb.gov.br/pix?x=1");
  expect(safeHref("mailto:ana@example.org")).toBe("mailto:ana@example.org");
  const traps = [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
  ];
  for (const trap of [...traps, "/relative", "", "file:///etc/passwd"]) expect(safeHref(trap)).toBeUndefined();
});
