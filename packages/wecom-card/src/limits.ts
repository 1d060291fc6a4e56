/** Who sends the card: a self-built app by `message/send`, or an AI bot. */
export type CardPlatform = "app" | "bot";

/** What differs. Lengths are characters that a phone shows in full; more is no error, but may be cut on the screen. */
export interface CardLimits {
  readonly shown: {
    readonly source: number;
    readonly title: number;
    readonly titleDescription: number;
    readonly emphasis: number;
    readonly emphasisDescription: number;
    readonly lineName: number;
    readonly lineValue: number;
    readonly jump: number;
    readonly subTitle: number;
    readonly paragraphTitle: number;
    readonly paragraph: number;
    readonly button: number;
    readonly selectTitle: number;
    readonly option: number;
    readonly checkboxOption: number;
  };
  readonly lineTypes: readonly number[];
  readonly jumpTypes: readonly number[];
  /** Whether a button may open a web page. */
  readonly buttonsWithUrl: boolean;
  /** Whether votes and forms may have the parts of notices: corner menu, quotation, lines, jumps. */
  readonly noticePartsInForms: boolean;
  /** Whether answers to a card may be rated. */
  readonly feedback: boolean;
}

export const CARD_LIMITS: Readonly<Record<CardPlatform, CardLimits>> = {
  app: {
    shown: {
      ...{
        source: 20,
        title: 36,
        titleDescription: 44,
        emphasis: 14,
        emphasisDescription: 22,
        lineName: 5,
        lineValue: 30,
      },
      ...{ jump: 18, subTitle: 160, paragraphTitle: 38, paragraph: 160, button: 10, selectTitle: 13, option: 16 },
      checkboxOption: 17,
    },
    lineTypes: [0, 1, 2, 3],
    jumpTypes: [0, 1, 2],
    buttonsWithUrl: true,
    noticePartsInForms: true,
    feedback: false,
  },
  bot: {
    shown: {
      ...{
        source: 13,
        title: 26,
        titleDescription: 30,
        emphasis: 10,
        emphasisDescription: 15,
        lineName: 5,
        lineValue: 26,
      },
      ...{ jump: 13, subTitle: 112, paragraphTitle: 26, paragraph: 112, button: 10, selectTitle: 13, option: 10 },
      checkboxOption: 11,
    },
    lineTypes: [0, 1, 3],
    jumpTypes: [0, 1, 2, 3],
    buttonsWithUrl: false,
    noticePartsInForms: false,
    feedback: true,
  },
};

/** The same for both. Bytes are of UTF-8. */
export const KEY_BYTES = 1024;
export const OPTION_ID_BYTES = 128;
export const TASK_ID_BYTES = 128;
export const QUESTION_BYTES = 200;
export const MOST = {
  actions: 3,
  lines: 6,
  jumps: 3,
  paragraphs: 4,
  buttons: 6,
  selects: 3,
  options: 10,
  checkboxOptions: 20,
} as const;
