import {
  type Dialect,
  type Driver,
  type OperationNode,
  PostgresAdapter,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresQueryCompiler,
  type QueryCompiler,
  type RawBuilder,
  RawNode,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from "kysely";
import type { Database } from "./tables.ts";

/** The databases that one code base of SQL serves. */
export type DialectName = "sqlite" | "postgres";

type Variants = Readonly<Record<DialectName, () => RawBuilder<unknown>>>;

interface VariantNode extends RawNode {
  readonly variants: Variants;
}

/** SQL that the two databases spell differently: each compiler takes its own, when the statement is compiled. */
export function byDialect<T>(variants: Readonly<Record<DialectName, () => RawBuilder<T>>>): RawBuilder<T> {
  const node: VariantNode = { ...RawNode.createWithSql(""), variants };
  return sql<T>`${{ expressionType: undefined, toOperationNode: (): OperationNode => node }}`;
}

const isVariantNode = (node: RawNode): node is VariantNode => "variants" in node;

/** Which database this is, for the few statements that are made as text. */
export const dialectOf = (db: Database): DialectName =>
  db.getExecutor().adapter instanceof PostgresAdapter ? "postgres" : "sqlite";

class SqliteCompiler extends SqliteQueryCompiler {
  protected override visitRaw(node: RawNode): void {
    if (isVariantNode(node)) this.visitNode(node.variants.sqlite().toOperationNode());
    else super.visitRaw(node);
  }
}

const LARGEST_INTEGER = 2_147_483_647;
const LARGEST_BIGINT = 9_223_372_036_854_775_807n;

class PostgresCompiler extends PostgresQueryCompiler {
  protected override visitRaw(node: RawNode): void {
    if (isVariantNode(node)) this.visitNode(node.variants.postgres().toOperationNode());
    else super.visitRaw(node);
  }

  /**
   * A bare parameter takes the type of what it is compared with, and a number outside of that type is an error: an
   * integer column would refuse the question whether it holds 3,000,000,000. So a wider number says its type.
   */
  protected override appendValue(value: unknown): void {
    super.appendValue(value);
    this.append(castOf(value));
  }
}

function castOf(value: unknown): string {
  if (typeof value === "bigint") return value <= LARGEST_BIGINT && value >= -LARGEST_BIGINT ? "::bigint" : "::numeric";
  if (typeof value !== "number" || (Number.isInteger(value) && Math.abs(value) <= LARGEST_INTEGER)) return "";
  if (Number.isSafeInteger(value)) return "::bigint";
  return "::double precision";
}

export const sqliteDialect = (config: SqliteDialectConfig): Dialect => new CompilingSqlite(config);
/** SQLite, reached in a way of its own. */
export const sqliteDialectOver = (createDriver: () => Driver): Dialect => ({
  createAdapter: () => new SqliteAdapter(),
  createDriver,
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteCompiler(),
});
export const postgresDialect = (config: PostgresDialectConfig): Dialect => new CompilingPostgres(config);

class CompilingSqlite extends SqliteDialect {
  override createQueryCompiler(): QueryCompiler {
    return new SqliteCompiler();
  }
}

class CompilingPostgres extends PostgresDialect {
  override createQueryCompiler(): QueryCompiler {
    return new PostgresCompiler();
  }
}
