import { SCOPES, type Scope } from "@esteira/core/entities/access";
import { Button, Checkbox, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { access } from "../api/client.ts";
import { useText } from "../i18n/use-text.tsx";
import { CodeBlock } from "../shell/code-block.tsx";
import classes from "./access.module.css";
import { FormEnd } from "./form-end.tsx";
import { field, listed } from "./form-fields.ts";
import { tokensQuery } from "./session.ts";

const DAYS = ["30", "90", "365"] as const;

/** The form for a new token, and afterwards the token itself, this once. */
export function NewToken() {
  const text = useText();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [days, setDays] = useState<string>("90");
  const create = useMutation({
    mutationFn: access.createToken,
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries({ queryKey: tokensQuery.queryKey });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    create.mutate({
      name: field(data, "name"),
      scopes,
      experimentIds: listed(field(data, "experiments")),
      registeredModels: listed(field(data, "models")),
      expiresInDays: Number(days),
    });
  };
  if (!isOpen) {
    return (
      <div className={classes.begin}>
        {create.data === undefined ? null : <Shown token={create.data.token} />}
        <Button
          variant="default"
          onClick={() => {
            create.reset();
            setOpen(true);
          }}
        >
          {text.access.newToken}
        </Button>
      </div>
    );
  }
  return (
    <form className={classes.token} onSubmit={submit}>
      <TextInput
        name="name"
        label={text.common.name}
        description={text.access.tokenNameHint}
        autoComplete="off"
        size="sm"
        maxLength={255}
        required
        withAsterisk={false}
        autoFocus
      />
      <fieldset className={classes.scopes}>
        <legend>{text.access.mayDo}</legend>
        {SCOPES.map((scope) => (
          <Checkbox
            key={scope}
            size="sm"
            label={text.access.scopes[scope]}
            description={text.access.scopeHints[scope]}
            checked={scopes.includes(scope)}
            onChange={(event) => {
              const isOn = event.currentTarget.checked;
              setScopes((before) => SCOPES.filter((one) => (one === scope ? isOn : before.includes(one))));
            }}
          />
        ))}
      </fieldset>
      <div className={classes.pair}>
        <TextInput
          name="experiments"
          label={text.access.onlyExperiments}
          description={text.access.onlyExperimentsHint}
          autoComplete="off"
          size="sm"
        />
        <TextInput
          name="models"
          label={text.access.onlyModels}
          description={text.access.onlyModelsHint}
          autoComplete="off"
          size="sm"
        />
      </div>
      <div>
        <div className={classes.label} id="token-days">
          {text.access.validFor}
        </div>
        <SegmentedControl
          aria-labelledby="token-days"
          value={days}
          onChange={setDays}
          data={DAYS.map((value) => ({ value, label: text.access.days(Number(value)) }))}
        />
      </div>
      <FormEnd
        send={text.access.createToken}
        isDisabled={scopes.length === 0}
        sending={create}
        onCancel={() => setOpen(false)}
      />
    </form>
  );
}

function Shown({ token }: { token: string }) {
  const text = useText();
  return (
    <div className={classes.shown} role="status">
      <p>{text.access.shownOnce}</p>
      <CodeBlock code={token} />
    </div>
  );
}
