import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

const read = (header: string) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

test.each([
  ["", []],
  ['Basic realm="Registry Realm"', [["basic", { realm: "Registry Realm" }]]],
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:me/pix:pull,push"',
    [
      [
        "bearer",
        { realm: "https://auth.example/token", service: "registry.example", scope: "repository:me/pix:pull,push" },
      ],
    ],
  ],
  ['bearer Realm = "a\\"b" , service=s', [["bearer", { realm: 'a"b', service: "s" }]]],
  [
    'Negotiate, Basic realm="x"',
    [
      ["negotiate", {}],
      ["basic", { realm: "x" }],
    ],
  ],
  [
    'Negotiate YII==, Basic realm="x"',
    [
      ["negotiate", { yii: "" }],
      ["basic", { realm: "x" }],
    ],
  ],
  [
    'Basic realm="x", Bearer realm="y",error="invalid_token"',
    [
      ["basic", { realm: "x" }],
      ["bearer", { realm: "y", error: "invalid_token" }],
    ],
  ],
  ['Basic realm="x", ;;; Bearer', [["basic", { realm: "x" }]]],
])("%s", (header, challenges) => {
  expect(read(header)).toEqual(challenges);
});
