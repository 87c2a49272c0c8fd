import { sql } from "kysely";
import { connectExisting } from "../maintenance/connect.ts";

/** Every row of every table, each table's in an order of its own: two dumps are equal when nothing has changed. */
export async function dumpDatabase(uri: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { db, close } = await connectExisting(uri);
  try {
    const tables: Record<string, readonly string[]> = {};
    for (const { name } of await db.introspection.getTables()) {
      const { rows } = await sql`select * from ${sql.table(name)}`.execute(db);
      tables[name] = rows
        .map((row) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : value)))
        .sort();
    }
    return tables;
  } finally {
    await close();
  }
}
