import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { AccountMenu } from "../access/account-menu.tsx";
import { accessQuery } from "../access/session.ts";
import { useText } from "../i18n/use-text.tsx";
import { Logo } from "./icons.tsx";
import { LanguageMenu } from "./language-menu.tsx";
import classes from "./shell.module.css";
import { ThemeMenu } from "./theme-menu.tsx";

/** What stands around every page: name, navigation, language, theme. */
export function Shell() {
  const text = useText();
  const { data: info } = useQuery(accessQuery);
  const isOutside = info?.enabled === true && info.user === undefined;
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
          </nav>
        )}
        <div className={classes.space} />
        <LanguageMenu />
        <ThemeMenu />
        <AccountMenu />
      </header>
      <main className={classes.main} id="main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
