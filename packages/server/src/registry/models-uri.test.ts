import { expect, it } from "vitest";
import { parseModelsUri } from "./models-uri.ts";

it.each([
  ["models:/m-1", { kind: "id", id: "m-1" }],
  ["models:/fraud/3", { kind: "version", name: "fraud", version: "3" }],
  ["models:/fraud@champion", { kind: "alias", name: "fraud", alias: "champion" }],
  ["models:/fraud/Production", { kind: "latest", name: "fraud", stage: "Production" }],
  ["models:/fraud/Latest", { kind: "latest", name: "fraud" }],
  ["models://host/fraud/1", undefined],
  ["models:/", undefined],
  ["models:/a/b/c", undefined],
  ["models:/fraud@", undefined],
  ["models:/fraud/", undefined],
])("reads %s", (uri, expected) => expect(parseModelsUri(uri)).toEqual(expected));
