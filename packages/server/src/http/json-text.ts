/** An answer that is JSON in UTF-8 already, and goes out as it is. */
export class JsonText {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}
