import { expect, test } from "vitest";
import { cardIn } from "./card-file.ts";

test("a page in the reader's language is shown before others", () => {
  const files = ["card/card.json", "card/card.en.html", "card/card.pt-BR.html", "card/card.md"];
  expect(cardIn(files, "pt-BR")).toBe("card/card.pt-BR.html");
  expect(cardIn(files, "en")).toBe("card/card.en.html");
  expect(cardIn(["card/x.png", "card/card.md"], "en")).toBe("card/card.md");
  expect(cardIn(["card/x.png"], "en")).toBeUndefined();
});
