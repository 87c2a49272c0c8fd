import "./shell/mantine-styles.ts";
import "./shell/base.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { accessQuery, watchSession } from "./access/session.ts";
import { experimentsQuery } from "./api/experiment-queries.ts";
import { queries } from "./api/query-client.ts";
import { firstLanguage, LanguageProvider } from "./i18n/use-text.tsx";
import { router } from "./routes.tsx";
import { colorScheme, theme } from "./shell/theme.ts";

// A session may end while a page is open: signing in again leads back to it.
watchSession(queries, () => {
  void router.navigate({
    to: "/sign-in",
    search: { return_to: router.state.location.href, ended: true },
    replace: true,
  });
});

// What the first page asks is on its way while the page is made.
void queries.prefetchQuery(accessQuery);
if (/^(#\/?)?(experiments\/?)?$/.test(location.hash)) void queries.prefetchQuery(experimentsQuery("ACTIVE_ONLY"));

void firstLanguage().then((first) =>
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colorScheme}>
        <LanguageProvider first={first}>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </LanguageProvider>
      </MantineProvider>
    </StrictMode>,
  ),
);
