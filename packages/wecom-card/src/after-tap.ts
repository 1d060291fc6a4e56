import type { CardOption, CardSelect, TemplateCard } from "./card.ts";
import type { CardPlatform } from "./limits.ts";

/** What a person did with a card. */
export interface CardTap {
  /** Of the button. */
  readonly key: string;
  readonly selections: readonly { readonly question: string; readonly options: readonly string[] }[];
}

/**
 * The card as it should look after the tap: what was chosen stays chosen, nothing can be chosen again, and the buttons say
 * `done`. Undefined where nothing on the card changes: a notice, or a tap in its corner menu.
 *
 * @param done the words on the buttons. Apps have a field for them; on a bot's card they replace the tapped button's
 */
export function cardAfterTap(
  card: TemplateCard,
  tap: CardTap,
  { platform, done }: { readonly platform: CardPlatform; readonly done: string },
): TemplateCard | undefined {
  if (card.action_menu?.action_list.some(({ key }) => key === tap.key)) return undefined;
  const replaced = platform === "app" ? { replace_text: done } : {};
  const submitted = (button: { text: string; key: string }) =>
    platform === "app" ? button : { ...button, text: done };
  switch (card.card_type) {
    case "text_notice":
    case "news_notice":
      return undefined;
    case "button_interaction": {
      const { button_selection: selection, button_list: buttons } = card;
      const tapped = (key: string | undefined) => platform === "bot" && key === tap.key;
      return {
        ...card,
        ...replaced,
        ...(selection === undefined ? {} : { button_selection: chosen(selection, tap) }),
        button_list: buttons.map((button) => (tapped(button.key) ? { ...button, text: done } : button)),
      };
    }
    case "vote_interaction": {
      const ids = optionsOf(tap, card.checkbox.question_key);
      const checkbox = { ...card.checkbox, disable: true, option_list: card.checkbox.option_list.map(checked(ids)) };
      return { ...card, ...replaced, checkbox, submit_button: submitted(card.submit_button) };
    }
    case "multiple_interaction":
      return {
        ...card,
        ...replaced,
        select_list: card.select_list.map((select) => chosen(select, tap)),
        submit_button: submitted(card.submit_button),
      };
    default:
      return card satisfies never;
  }
}

const checked =
  (ids: readonly string[]) =>
  (option: CardOption): CardOption => ({ ...option, is_checked: ids.includes(option.id) });

function chosen(select: CardSelect, tap: CardTap): CardSelect {
  const id = optionsOf(tap, select.question_key)[0];
  const known = select.option_list.some((option) => option.id === id);
  return { ...select, disable: true, ...(known && id !== undefined ? { selected_id: id } : {}) };
}

function optionsOf({ selections }: CardTap, question: string): readonly string[] {
  return selections.find((selection) => selection.question === question)?.options ?? [];
}
