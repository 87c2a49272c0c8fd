import { QueryClient } from "@tanstack/react-query";

/** What the pages know of the server. The transport itself tries again what may be tried again. */
export const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 10_000 } } });
