import { describe, expect, it } from "vitest";
import { evidenceOf, verdictOf } from "./gate.ts";

const evidence = (value: string, runId?: string) => evidenceOf([{ key: "esteira.gate.evidence", value }], runId);

describe("gate tags", () => {
  it("give a verdict", () => {
    const verdict = (value: string) => verdictOf([{ key: "esteira.gate.verdict", value }]);
    expect(["passed", "Refused", "not_enough_evidence"].map(verdict)).toEqual(["passed", "failed", "unknown"]);
    expect(verdictOf([])).toBeUndefined();
  });

  it("lead to an artifact of the run that they name, or of the source run", () => {
    expect(evidence("runs:/abc/gate/v.json")).toEqual({ kind: "artifact", runId: "abc", path: "gate/v.json" });
    expect(evidence("gate/v.json", "def")).toEqual({ kind: "artifact", runId: "def", path: "gate/v.json" });
    expect(evidence("https://ci.example/1")).toEqual({ kind: "web", url: "https://ci.example/1" });
  });

  it("never become a link that runs something or leaves the run's folder", () => {
    for (const value of ["javascript:alert(1)", "data:text/html,x", "../../etc/passwd", "/etc/passwd"]) {
      expect(evidence(value, "def")).toEqual({ kind: "text", text: value });
    }
  });
});
