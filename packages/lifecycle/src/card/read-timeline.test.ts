import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { describe, expect, it } from "vitest";
import { versionLife } from "./read-timeline.ts";

const entry = (sequence: number, change: Partial<TimelineEntry>): TimelineEntry => ({
  ...{ format: 1, sequence, at: 1000 * sequence, actor: { name: "ana", origin: "password" } },
  ...{ action: "model.tagged", subject: { model: "pix" }, before: {}, after: {}, previous: "0".repeat(64) },
  ...change,
});

describe("the life of a version in a timeline", () => {
  it("holds its promotions and approvals, and no other's", () => {
    const life = versionLife(
      [
        entry(1, { action: "version.created", subject: { model: "pix", version: 1 } }),
        entry(2, {
          action: "alias.set",
          subject: { model: "pix", alias: "champion" },
          after: { aliases: { champion: 1 } },
        }),
        entry(3, { action: "version.created", subject: { model: "pix", version: 2 } }),
        entry(4, {
          ...{
            action: "evidence.submitted",
            subject: { model: "pix", version: 2 },
            evidence: `sha256:${"1".repeat(64)}`,
          },
        }),
        entry(5, { action: "approval.given", subject: { model: "pix", version: 2 }, reason: "alias champion" }),
        entry(6, {
          ...{ action: "alias.set", subject: { model: "pix", version: 2, alias: "champion" } },
          ...{ before: { aliases: { champion: 1 } }, after: { aliases: { champion: 2 } } },
        }),
        entry(7, {
          ...{ action: "version.staged", subject: { model: "pix", version: 2 } },
          after: { versions: { 1: { stage: "Archived" }, 2: { stage: "Production" } } },
        }),
      ],
      2,
    );
    expect(life.approvals.map(({ sequence, what }) => [sequence, what])).toEqual([[5, "alias champion"]]);
    expect(life.promotions.map(({ sequence, what }) => [sequence, what])).toEqual([
      [6, "alias champion"],
      [7, "stage Production"],
    ]);
    expect(life.evidence).toEqual([`sha256:${"1".repeat(64)}`]);
  });

  it("holds no approval that has lapsed", () => {
    const given = {
      action: "approval.given",
      subject: { model: "pix", version: 1 },
      reason: "alias champion",
    } as const;
    const life = versionLife(
      [
        entry(1, { action: "version.created", subject: { model: "pix", version: 1 } }),
        entry(2, given),
        entry(3, { action: "approval.lapsed", subject: { model: "pix", version: 2 } }),
        entry(4, { action: "approval.lapsed", subject: { model: "pix", version: 1 } }),
        entry(5, given),
      ],
      1,
    );
    expect(life.approvals.map(({ sequence }) => sequence)).toEqual([5]);
  });

  it("takes nothing of an earlier version of the same number", () => {
    const life = versionLife(
      [
        entry(1, { action: "version.created", subject: { model: "pix", version: 1 } }),
        entry(2, { action: "approval.given", subject: { model: "pix", version: 1 }, reason: "alias champion" }),
        entry(3, { action: "version.created", subject: { model: "pix", version: 1 } }),
      ],
      1,
    );
    expect(life).toEqual({ approvals: [], promotions: [], evidence: [] });
  });
});
