import { openSqliteStore, type Store as SqliteStore, type SqliteStoreOptions } from "./sqlite/open-sqlite-store.ts";

export type Store = SqliteStore;
export type StoreOptions = SqliteStoreOptions;

/** Opens the store that a path names; today that is a SQLite file or `:memory:`. */
export const openStore = (options: StoreOptions): Promise<Store> => openSqliteStore(options);
