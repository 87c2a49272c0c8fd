import { ActionIcon } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useState } from "react";
import { AccountMenu } from "../access/account-menu.tsx";
import { accessQuery } from "../access/session.ts";
import { useText } from "../i18n/use-text.tsx";
import { ConnectionNotice } from "./connection.tsx";
import { KeyboardIcon, Logo, SearchIcon } from "./icons.tsx";
import { LanguageMenu } from "./language-menu.tsx";
import { Notices } from "./notices.tsx";
import classes from "./shell.module.css";
import { ThemeMenu } from "./theme-menu.tsx";
import { useRouteFocus } from "./use-route-focus.ts";
import { useShortcuts } from "./use-shortcuts.ts";

// Fetched when they are first asked for: most visits need neither.
const Palette = lazy(() => import("./palette.tsx"));
const HelpSheet = lazy(() => import("./help-sheet.tsx"));

/** What stands around every page: name, navigation, language, theme. */
export function Shell() {
  const text = useText();
  const { data: info } = useQuery(accessQuery);
  const isOutside = info?.enabled === true && info.user === undefined;
  const [shown, setShown] = useState<"palette" | "help">();
  const open = useCallback((what: "palette" | "help") => setShown(isOutside ? undefined : what), [isOutside]);
  const close = useCallback(() => setShown(undefined), []);
  useShortcuts(open);
  useRouteFocus();
  return (
    <div className={classes.frame}>
      <button type="button" className={classes.skip} onClick={() => document.getElementById("main")?.focus()}>
        {text.shell.skip}
      </button>
      <header className={classes.header}>
        <Link to="/experiments" className={classes.brand ?? ""} aria-label="Esteira">
          <Logo />
          <span>Esteira</span>
        </Link>
        {isOutside ? null : (
          <nav className={classes.nav} aria-label={text.shell.navigation}>
            <Link to="/experiments">{text.shell.experiments}</Link>
            <Link to="/models">{text.shell.models}</Link>
            <Link to="/deployments">{text.shell.deployments}</Link>
          </nav>
        )}
        <div className={classes.space} />
        {isOutside ? null : (
          <>
            <button
              type="button"
              className={classes.search}
              aria-keyshortcuts="Control+K"
              onClick={() => open("palette")}
            >
              <SearchIcon size={14} /> <span className={classes.label}>{text.shell.open}</span> <kbd>Ctrl K</kbd>
            </button>
            <ActionIcon size={30} className={classes.keys} aria-label={text.shell.help} onClick={() => open("help")}>
              <KeyboardIcon />
            </ActionIcon>
          </>
        )}
        <LanguageMenu />
        <ThemeMenu />
        <AccountMenu />
      </header>
      <ConnectionNotice />
      <main className={classes.main} id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Notices />
      <Suspense fallback={null}>
        {shown === "palette" ? <Palette onClose={close} /> : null}
        {shown === "help" ? <HelpSheet onClose={close} /> : null}
      </Suspense>
    </div>
  );
}
