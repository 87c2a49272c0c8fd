import { z } from "zod";

/** A tag or param on the wire; protobuf leaves an empty value out. */
export const tagWire = z.object({ key: z.string(), value: z.string().default("") }).meta({ id: "KeyValue" });
export const tagsWire = z.array(tagWire).default([]);
