import { Button, Menu } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useText } from "../i18n/use-text.tsx";
import { PersonIcon } from "../shell/icons.tsx";
import classes from "./access.module.css";
import { accessQuery, end } from "./session.ts";

/** Who is signed in, and the way to the account and out. Nothing where access is not controlled. */
export function AccountMenu() {
  const text = useText();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { data: info } = useQuery(accessQuery);
  const signOut = useMutation({
    mutationFn: () => end(queries),
    onSuccess: () => navigate({ to: "/sign-in" }),
  });
  if (info?.user === undefined) return null;
  const { username, isAdmin } = info.user;
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px={8}
          className={classes.account}
          leftSection={<PersonIcon />}
          aria-label={text.access.accountOf(username)}
        >
          <span className={classes.name}>{username}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {username}
          {isAdmin ? ` · ${text.access.admin}` : ""}
        </Menu.Label>
        <Menu.Item onClick={() => void navigate({ to: "/account" })}>{text.access.account}</Menu.Item>
        {isAdmin ? <Menu.Item onClick={() => void navigate({ to: "/people" })}>{text.people.title}</Menu.Item> : null}
        {info.hasSession ? <Menu.Item onClick={() => signOut.mutate()}>{text.access.signOut}</Menu.Item> : null}
      </Menu.Dropdown>
    </Menu>
  );
}
