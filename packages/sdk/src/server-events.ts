/** One event of a stream: its name, its data, and the id to come again with, where it has one. */
export interface ServerEvent {
  readonly name: string;
  readonly data: string;
  readonly id?: string;
}

export type ServerEvents = AsyncGenerator<ServerEvent, void, undefined>;

/** Reads the events of an answer as the HTML standard says. A lost connection ends them; an abort is thrown. */
export async function* serverEvents(response: Response, signal?: AbortSignal): ServerEvents {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  const decoder = new TextDecoder();
  let rest = "";
  let lines: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        if (signal?.aborted) throw error;
        return { done: true, value: undefined };
      });
      if (done) return;
      const parts = `${rest}${decoder.decode(value, { stream: true })}`.split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? "";
      for (const line of parts) {
        if (line !== "") {
          lines.push(line);
          continue;
        }
        const event = eventOf(lines);
        lines = [];
        if (event !== undefined) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The event that these lines make; undefined for comments alone. */
function eventOf(lines: readonly string[]): ServerEvent | undefined {
  const data: string[] = [];
  let [name, id] = ["message", undefined as string | undefined];
  for (const line of lines) {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "data") data.push(value);
    else if (field === "event") name = value;
    else if (field === "id" && !value.includes("\0")) id = value;
  }
  if (data.length === 0) return undefined;
  return { name, data: data.join("\n"), ...(id === undefined ? {} : { id }) };
}
