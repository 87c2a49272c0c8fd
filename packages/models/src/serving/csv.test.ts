import { describe, expect, it } from "vitest";
import { parseCsv } from "./csv.ts";

describe("parseCsv", () => {
  it("reads quotes, line ends of both kinds, empty and NA cells", () => {
    const frame = parseCsv('\ufeffa,"b ""x""\n",c\r\n1,"two, three",\r\n\r\nNA,,"null"\n"",x,y');
    expect(frame).toEqual({
      source: "csv",
      names: ["a", 'b "x"\n', "c"],
      columns: [
        ["1", null, null],
        ["two, three", null, "x"],
        [null, null, "y"],
      ],
      rowCount: 3,
    });
  });

  it("fills short rows up and names a second column of one name", () => {
    expect(parseCsv("a,a,b\n1\n")).toMatchObject({ names: ["a", "a.1", "b"], columns: [["1"], [null], [null]] });
    expect(parseCsv("a,b\n1,\n")).toMatchObject({ columns: [["1"], [null]] });
  });

  it.each([
    ["", "is empty"],
    ["\n\n", "is empty"],
    ['a\n"x', "a quote in record"],
    ["a,b\n1,2,3\n", "3 fields in row 0"],
  ])("refuses %j", (text, message) => {
    expect(() => parseCsv(text)).toThrow(message);
  });
});
