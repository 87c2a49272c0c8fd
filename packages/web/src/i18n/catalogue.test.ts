import { describe, expect, it } from "vitest";
import { en } from "./en.ts";
import { LANGUAGES, languageOf, loadCatalogue } from "./language.ts";
import { ptBr } from "./pt-br.ts";

/** Every text by its path; texts with a number in them are made with 1 and with 1234. */
function texts(catalogue: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(catalogue)) {
    const here = `${path}${key}`;
    if (typeof value === "string") found.set(here, value);
    else if (typeof value === "function") found.set(here, `${value(1, 1, 1)} | ${value(1234, 1234, 1234)}`);
    else for (const [inner, text] of texts(value, `${here}.`)) found.set(inner, text);
  }
  return found;
}

describe("catalogues", () => {
  it("say the same things, none of them empty", async () => {
    const english = texts(en);
    for (const { id } of LANGUAGES) {
      const other = texts(await loadCatalogue(id));
      expect([...other.keys()].sort()).toEqual([...english.keys()].sort());
      expect([...other].filter(([, text]) => text.trim() === "" || /undefined|\[object/.test(text))).toEqual([]);
    }
  });

  it("are translated: what is equal in both languages is meant to be", () => {
    const english = texts(en);
    const same = [...texts(ptBr)].filter(([key, text]) => english.get(key) === text).map(([key]) => key);
    expect(same.sort()).toEqual([
      ...["charts.curveAxes.calibration.figure", "charts.curveAxes.pr.figure", "charts.curveAxes.roc.figure"],
      ...[
        "charts.curves.roc",
        "charts.log",
        "compare.code.commit",
        "monitoring.recall",
        "monitoring.score",
        "monitoring.scores",
        "reviews.score",
        "run.digest",
        "runs.filterPlaceholder",
      ],
      ...["use.curl", "use.python", "use.typescript"],
    ]);
  });

  it("count in their own language", () => {
    expect(en.runs.loaded(1)).toBe("1 run");
    expect(en.runs.loaded(1234)).toBe("1,234 runs");
    expect(ptBr.runs.loaded(1)).toBe("1 execução");
    expect(ptBr.runs.loaded(0)).toBe("0 execuções");
    expect(ptBr.runs.loaded(1234)).toBe("1.234 execuções");
  });
});

describe("languageOf", () => {
  it("takes the stored choice, then the browser's first known language, then English", () => {
    expect(languageOf("pt-BR", ["en-US"])).toBe("pt-BR");
    expect(languageOf("xx", ["de", "pt-PT", "en"])).toBe("pt-BR");
    expect(languageOf(null, ["en-GB", "pt-BR"])).toBe("en");
    expect(languageOf(null, ["pta", "de"])).toBe("en");
  });
});
