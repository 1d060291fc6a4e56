/** One self-built app of an enterprise. */
export interface AppOptions {
  readonly agentId: number;
  readonly name: string;
  readonly secret: string;
  /** The callback's Token and EncodingAESKey. */
  readonly token: string;
  readonly encodingAESKey: string;
  /** Where callbacks go from the start, unchecked; later by `POST /control/callbacks`. */
  readonly callbackUrl?: string;
  /** Whether its visible range is the root department, as group chats demand; true unless said otherwise. */
  readonly seesRoot?: boolean;
}

/** Who works in the enterprise. Whoever writes is added. */
export interface DirectoryOptions {
  readonly members?: readonly MemberOptions[];
  readonly parties?: readonly { readonly id: number; readonly name: string }[];
  readonly tags?: readonly { readonly id: number; readonly name: string }[];
}

export interface MemberOptions {
  readonly userId: string;
  readonly name?: string;
  /** Department ids; the root, 1, when left out. */
  readonly parties?: readonly number[];
  readonly tags?: readonly number[];
  /** False: inside the visible range, but without a licence for the API. */
  readonly licensed?: boolean;
}
