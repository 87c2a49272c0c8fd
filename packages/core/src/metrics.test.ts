import { describe, expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";

describe("the text of metrics", () => {
  it("holds each kind with its help, its type and its labels", async () => {
    const metrics = createMetrics();
    const plain = metrics.counter("a_total", "Plain.");
    const byStatus = metrics.counter("b_total", 'A "help"\nwith \\.', ["method", "status"]);
    const seconds = metrics.histogram("c_seconds", "Times.", [0.1, 1], ["route"]);
    metrics.gauge("d", "Now.", () => [{ value: 2, labels: ["busy"] }], ["state"]);
    metrics.total("e_total", "Of others.", async () => Number.POSITIVE_INFINITY);
    plain.add(2);
    byStatus.add(1, "GET", "404");
    byStatus.add(1, "GET", "200");
    byStatus.add(2, "GET", "200");
    for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value, '/x "y"\\\n');
    expect(await metrics.render()).toBe(`# HELP a_total Plain.
# TYPE a_total counter
a_total 2
# HELP b_total A "help"\\nwith \\\\.
# TYPE b_total counter
b_total{method="GET",status="200"} 3
b_total{method="GET",status="404"} 1
# HELP c_seconds Times.
# TYPE c_seconds histogram
c_seconds_bucket{route="/x \\"y\\"\\\\\\n",le="0.1"} 2
c_seconds_bucket{route="/x \\"y\\"\\\\\\n",le="1"} 3
c_seconds_bucket{route="/x \\"y\\"\\\\\\n",le="+Inf"} 4
c_seconds_sum{route="/x \\"y\\"\\\\\\n"} ${0.05 + 0.1 + 0.5 + 7}
c_seconds_count{route="/x \\"y\\"\\\\\\n"} 4
# HELP d Now.
# TYPE d gauge
d{state="busy"} 2
# HELP e_total Of others.
# TYPE e_total counter
e_total +Inf
`);
  });

  it("is there from the start where nothing has labels, and leaves out what cannot be read", async () => {
    const metrics = createMetrics();
    metrics.counter("a_total", "A.");
    metrics.histogram("b", "B.", [1]);
    metrics.gauge("absent", "None.", () => undefined);
    metrics.gauge("broken", "None.", () => {
      throw new Error("no database");
    });
    metrics.gauge("refused", "None.", () => Promise.reject(new Error("no database")));
    const text = await metrics.render();
    expect(text).toContain("\na_total 0\n");
    expect(text).toContain('b_bucket{le="+Inf"} 0\nb_sum 0\nb_count 0\n');
    expect(text).not.toMatch(/absent|broken|refused/);
  });

  it("has each name once, and each label a value", () => {
    const metrics = createMetrics();
    const counter = metrics.counter("a_total", "A.", ["one"]);
    expect(() => metrics.gauge("a_total", "A.", () => 1)).toThrow("There is a metric a_total already.");
    expect(() => counter.add(1)).toThrow("Expected the labels one.");
  });
});
