import { expect, it } from "vitest";
import { datasetPlace } from "./dataset-place.ts";

const from = (source: string) => datasetPlace({ name: "d", digest: "1", sourceType: "local", source });

it("shows the address of a dataset, else its plain fields, else the source as it was logged", () => {
  expect(from('{"uri":"s3://lake/pix.parquet"}')).toBe("s3://lake/pix.parquet");
  expect(from('{"type":"simulation","seed":7,"world":{"late":1}}')).toBe("type simulation · seed 7");
  expect(from('{"world":{"late":1}}')).toBe('{"world":{"late":1}}');
  expect(from("a table in the warehouse")).toBe("a table in the warehouse");
});
