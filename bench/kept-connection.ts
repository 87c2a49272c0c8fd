/** HTTP/1.1 over one kept socket, for loads that must cost little themselves. */
import { connect, type Socket } from "node:net";

const LARGEST_ANSWER = 1 << 20;

/** Writes a request, and says when its answer has come. */
export class Connection {
  readonly #socket: Socket;
  readonly #bytes = Buffer.alloc(LARGEST_ANSWER);
  readonly #done: (connection: Connection, isGood: boolean) => void;
  #filled = 0;
  #busy = false;

  /** `done` is called once for each request; a connection that has failed is not to be used again. */
  constructor(port: number, done: (connection: Connection, isGood: boolean) => void) {
    this.#done = done;
    const buffer = Buffer.alloc(1 << 16);
    const onData = (size: number): boolean => {
      buffer.copy(this.#bytes, this.#filled, 0, size);
      this.#filled += size;
      this.#read();
      return true;
    };
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback: onData } });
    this.#socket.on("error", () => this.#end(false));
    this.#socket.on("close", () => this.#end(false));
  }

  /** A server may end a connection that was idle for long. */
  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  send(request: Buffer): void {
    this.#busy = true;
    this.#filled = 0;
    this.#socket.write(request);
  }

  close(): void {
    this.#busy = false;
    this.#socket.destroy();
  }

  #read(): void {
    const headEnd = this.#bytes.subarray(0, this.#filled).indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const head = this.#bytes.toString("latin1", 0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(length)) throw new Error(`An answer without content-length: ${head}`);
    if (this.#filled >= headEnd + 4 + length) this.#end(head.startsWith("HTTP/1.1 200 "));
  }

  #end(isGood: boolean): void {
    if (!this.#busy) return;
    this.#busy = false;
    this.#done(this, isGood);
  }
}

/** The whole request as it goes over the wire: a POST of JSON. */
export function toRequest(port: number, path: string, body: string): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json`;
  return Buffer.from(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
