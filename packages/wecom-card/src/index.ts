export { type CardTap, cardAfterTap } from "./after-tap.ts";
export type {
  ActionMenu,
  ButtonCard,
  CardAction,
  CardButton,
  CardCheckbox,
  CardKind,
  CardLine,
  CardOption,
  CardSelect,
  CardTitle,
  FormCard,
  JumpLine,
  NewsCard,
  SubmitButton,
  TemplateCard,
  TextCard,
  VoteCard,
} from "./card.ts";
export { type CheckedCard, type CheckOptions, checkCard } from "./check-card.ts";
export { checkedContent, contentAfterTap, problemOfCard, refuseWrongCard, wordsOfWrongCard } from "./content.ts";
export { CARD_LIMITS, type CardLimits, type CardPlatform } from "./limits.ts";
export { type CardMenu, menuCard } from "./menu-card.ts";
