import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { baseUrl } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import { Logo } from "../shell/icons.tsx";
import { Answer } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import classes from "./access.module.css";
import { PasswordForm } from "./password-form.tsx";
import { type AccessInfo, accessQuery, providerSignOut } from "./session.ts";
import { SetupForm } from "./setup-form.tsx";

const route = getRouteApi("/sign-in");

/** Where everybody comes who is not signed in; afterwards the page that was asked for is shown. */
export function SignInPage() {
  const text = useText();
  const query = useQuery(accessQuery);
  useTitle(text.access.signIn);
  return (
    <div className={classes.stage}>
      <Answer query={query}>{(info) => <Door info={info} />}</Answer>
    </div>
  );
}

function Door({ info }: { info: AccessInfo }) {
  const text = useText();
  const { return_to: page = "/", setup, problem, ended } = route.useSearch();
  const router = useRouter();
  const [isSetup, setSetup] = useState(info.needsSetup);
  const isInside = !info.enabled || info.user !== undefined;
  useEffect(() => {
    if (isInside) router.history.replace(page);
  }, [isInside, page, router]);
  if (isInside) return null;
  if (isSetup) {
    return (
      <Card title="setUp">
        <SetupForm token={setup ?? ""} />
        <Others info={info} page={page} onPassword={() => setSetup(false)} />
      </Card>
    );
  }
  return (
    <Card title="signIn">
      {problem === undefined ? null : <Problem problem={problem} />}
      {ended === true ? (
        <p className={classes.hint} role="status">
          {text.access.sessionEnded}
        </p>
      ) : null}
      <SignedOut />
      <PasswordForm />
      <Others info={info} page={page} />
    </Card>
  );
}

function Card({ title, children }: { title: "signIn" | "setUp"; children: ReactNode }) {
  const text = useText();
  return (
    <section className={classes.card}>
      <div className={classes.mark}>
        <Logo size={34} />
      </div>
      <h1>{title === "signIn" ? text.access.signInTo : text.access.setUpTitle}</h1>
      {children}
    </section>
  );
}

function Problem({ problem }: { problem: keyof ReturnType<typeof useText>["access"]["problems"] }) {
  const text = useText();
  return (
    <p className={classes.problem} role="alert">
      {text.access.problems[problem]}
    </p>
  );
}

/** After signing out here, the identity provider may still know the browser. */
function SignedOut() {
  const text = useText();
  const url = providerSignOut(useQueryClient());
  if (url === undefined) return null;
  return (
    <p className={classes.hint} role="status">
      {text.access.stillAtProvider} <a href={url}>{text.access.signOutThere}</a>
    </p>
  );
}

/** The other ways in. */
function Others({ info, page, onPassword }: { info: AccessInfo; page: string; onPassword?: () => void }) {
  const text = useText();
  const start = `${baseUrl}/ajax-api/esteira/v1/access/oidc/start?return_to=${encodeURIComponent(page)}`;
  if (info.provider === undefined && onPassword === undefined) return null;
  return (
    <>
      <div className={classes.or}>{text.access.or}</div>
      {info.provider === undefined ? null : (
        <Button component="a" href={start} variant="default" size="sm" fullWidth>
          {text.access.signInWith(info.provider)}
        </Button>
      )}
      {onPassword === undefined ? null : (
        <Button variant="subtle" size="sm" fullWidth onClick={onPassword}>
          {text.access.haveUser}
        </Button>
      )}
    </>
  );
}
