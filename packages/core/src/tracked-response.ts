/**
 * An answer of a webhook that counts only once it left: whoever writes it to the socket says, once, whether it did. `serve` and
 * the gateway do; a server of one's own calls `sent` itself.
 */
export class TrackedResponse extends Response {
  readonly #heard: (left: boolean) => void;
  #isSaid = false;

  constructor(body: string, init: ResponseInit, heard: (left: boolean) => void) {
    super(body, init);
    this.#heard = heard;
  }

  /** @param left false: the other side was gone before the last byte; said first, it stays */
  sent(left: boolean): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#heard(left);
  }
}
