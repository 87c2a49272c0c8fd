import { expect, test } from "vitest";
import { type Press, shortcutOf } from "./shortcut-keys.ts";

const press = (key: string, more: Partial<Press> = {}): Press => ({
  ...{ key, ctrlKey: false, metaKey: false, altKey: false, isWriting: false },
  ...more,
});

test("the palette opens from anywhere, letters mean nothing while somebody writes or has turned them off", () => {
  expect(shortcutOf(press("k", { ctrlKey: true, isWriting: true }), undefined, false).shortcut).toBe("palette");
  expect(shortcutOf(press("K", { metaKey: true }), undefined, true).shortcut).toBe("palette");
  expect(shortcutOf(press("?"), undefined, true).shortcut).toBe("help");
  expect(shortcutOf(press("?", { isWriting: true }), undefined, true).shortcut).toBeUndefined();
  expect(shortcutOf(press("/"), undefined, false).shortcut).toBeUndefined();
  expect(shortcutOf(press("k"), undefined, true).shortcut).toBeUndefined();
});

test("g waits for one letter and no longer", () => {
  expect(shortcutOf(press("g"), undefined, true)).toEqual({ waiting: "g" });
  expect(shortcutOf(press("m"), "g", true)).toEqual({ shortcut: "models", waiting: undefined });
  expect(shortcutOf(press("x"), "g", true)).toEqual({ waiting: undefined });
  expect(shortcutOf(press("m"), undefined, true)).toEqual({ waiting: undefined });
});
