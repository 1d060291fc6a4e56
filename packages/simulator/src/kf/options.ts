/** One enterprise that uses WeChat Customer Service. */
export interface KfOptions {
  readonly secret: string;
  /** The callback's Token and EncodingAESKey. */
  readonly token: string;
  readonly encodingAESKey: string;
  readonly accounts: readonly KfAccountOptions[];
  /** Where callbacks go from the start, unchecked; later by `POST /control/callbacks`. */
  readonly callbackUrl?: string;
  /** An enterprise that is not verified may create 10 accounts instead of 5,000. Verified unless said otherwise. */
  readonly verified?: boolean;
}

export interface KfAccountOptions {
  /** Starts with `wk`. */
  readonly openKfId: string;
  readonly name: string;
  /** False: this app may neither sync nor send for it. */
  readonly managePrivilege?: boolean;
  /** Members who can be handed a chat; all of them receive at the start. */
  readonly servicers?: readonly string[];
}
