import { attachment } from "@esteira/store/artifacts/attachment";
import { expect, it } from "vitest";
import { contentType } from "./content.ts";

it.each([
  ["a.txt", "text/plain"],
  ["deep/MLmodel", "text/plain"],
  ["conf.json", "text/plain"],
  ["A.JSON", "application/json"],
  ["UPPER.TXT", "text/plain"],
  ["pic.PNG", "image/png"],
  ["page.html", "text/html"],
  ["table.tar.gz", "application/x-tar"],
  ["table.tgz", "application/x-tar"],
  ["table.csv.gz", "text/csv"],
  ["table.gz", "application/octet-stream"],
  ["data.parquet", "application/octet-stream"],
  ["noextension", "application/octet-stream"],
  [".hidden", "application/octet-stream"],
  ["folder.csv/x", "application/octet-stream"],
])("%s is %s", (path, type) => expect(contentType(path)).toBe(type));

it.each([
  ["a/b.txt", 'attachment; filename="b.txt"'],
  ['q"uote.txt', "attachment; filename=\"q_uote.txt\"; filename*=UTF-8''q%22uote.txt"],
  ["ação.txt", "attachment; filename=\"a__o.txt\"; filename*=UTF-8''a%C3%A7%C3%A3o.txt"],
  ["a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"],
])("%j is saved as what it is called", (path, header) => expect(attachment(path)).toBe(header));
