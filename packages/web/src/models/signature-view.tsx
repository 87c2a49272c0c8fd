import { useQuery } from "@tanstack/react-query";
import { useText } from "../i18n/use-text.tsx";
import { Dim, Mono } from "../shell/page.tsx";
import { SmallTable } from "../shell/small-table.tsx";
import { Loading } from "../shell/states.tsx";
import { type Field, signatureOf } from "./signature.ts";

/** `file` is the text of an MLmodel file; null or undefined when it cannot be read. */
export function SignatureView({ file, pending }: { file: string | null | undefined; pending: boolean }) {
  const text = useText();
  const query = useQuery({
    queryKey: ["signature", file],
    enabled: typeof file === "string",
    queryFn: async () => (await signatureOf(file ?? "")) ?? null,
  });
  if (pending || (typeof file === "string" && query.isPending)) return <Loading lines={3} />;
  if (typeof file !== "string") return <Dim>{text.models.signatureUnreachable}</Dim>;
  const signature = query.data;
  if (!signature) return <Dim>{text.models.noSignature}</Dim>;
  const groups = [
    { title: text.models.inputs, fields: signature.inputs },
    { title: text.models.outputs, fields: signature.outputs },
    { title: text.models.modelParams, fields: signature.params },
  ];
  return groups
    .filter(({ fields }) => fields.length > 0)
    .map(({ title, fields }) => (
      <div key={title} style={{ marginBottom: 12 }}>
        <SmallTable
          head={[{ title }, { title: text.models.type }, { title: "" }]}
          rows={fields.map((field, at) => ({
            key: field.name ?? `unnamed ${at}`,
            cells: [field.name ?? "–", <Mono key="type">{field.type}</Mono>, <Dim key="need">{need(field)}</Dim>],
          }))}
        />
      </div>
    ));

  function need(field: Field): string {
    if (field.default !== undefined) return JSON.stringify(field.default);
    return field.required === false ? text.models.optional : text.models.required;
  }
}
