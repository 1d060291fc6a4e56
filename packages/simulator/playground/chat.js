import { renderCard } from "./cards.js";
import { anchor, element } from "./dom.js";
import { dateOf, t, timeOf } from "./i18n.js";

/** What the phone shows, as list items. `actions` are what a person can do with them. */
export function renderItems(items, actions) {
  return items.map((item) => (item.direction === "notice" ? renderNotice(item) : renderBubble(item, actions)));
}

function renderNotice(item) {
  return element("li", { className: "grey" }, `${timeOf(item.at)} · ${t(item.text)}`);
}

function renderBubble(item, actions) {
  const mine = item.direction === "inbound";
  const bubble = element("li", { className: `bubble ${mine ? "mine" : ""} ${item.state}` });
  const state = item.state === "failed" ? whyFailed(item) : t(item.state);
  const by = ["customer", "member", "api"].includes(item.by) ? "" : `${item.by} · `;
  const problem = item.replyProblem ? ` · ${item.replyProblem}` : "";
  const cut = item.cutBytes ? ` · ${t("cut", { bytes: item.cutBytes })}` : "";
  // A bubble that grows: how often it was renewed, and whether it still spins.
  const growth = item.stream ? ` · ${item.spinning ? "⏳" : "✓"} ${item.updates}×` : "";
  bubble.append(element("div", { className: "body" }, ...renderBody(item, actions)));
  const meta = element("div", { className: "meta" }, `${by}${timeOf(item.at)} · ${state}${cut}${growth}${problem} `);
  if (mine && item.state === "sent" && item.by === "customer") {
    meta.append(element("button", { type: "button", onclick: () => actions.recall(item.id) }, t("recall")));
  }
  bubble.append(meta);
  return bubble;
}

/** Each platform says in its own way why a message never appeared, or not at all. */
function whyFailed({ dropped, failType }) {
  if (dropped) return t(`dropped: ${dropped}`);
  return failType === undefined ? t("notDelivered") : t("failed", { type: failType });
}

function renderBody(item, actions) {
  switch (item.kind) {
    case "text":
    case "choice":
    case "markdown":
      return withLinks(item.text);
    case "image":
      return [item.media ? element("img", { src: pathOf(item.media.url), alt: item.media.filename }) : "[image]"];
    case "video":
      return [item.media ? element("video", { src: pathOf(item.media.url), controls: true }) : "[video]"];
    case "voice":
    case "file":
      return [fileLink(item)];
    case "menu":
      return renderMenu(item, actions);
    case "card":
      return renderCard(item, actions);
    case "news":
      return item.articles.map(({ title, description, url, path }) =>
        element(
          "div",
          {},
          url ? anchor(url, title) : `${title} (${path ?? ""})`,
          description ? `\n${description}` : "",
        ),
      );
    case "textcard":
    case "link":
      return [anchor(item.url, item.title || item.url), ...(item.description ? [`\n${item.description}`] : [])];
    case "location":
      return [`📍 ${item.name || ""} ${item.address || ""}\n${item.latitude}, ${item.longitude}`];
    case "ca_link":
      return [anchor(item.url, item.url)];
    case "forwarded":
      return [
        `${item.title}\n${item.items.map((one) => `${one.sender}: ${one.content.text ?? `[${one.content.kind}]`}`).join("\n")}`,
      ];
    default:
      return [`[${item.kind}] ${item.title ?? item.userId ?? item.nativeType ?? ""}`];
  }
}

function renderMenu(item, actions) {
  const list = element("div", { className: "menu" });
  for (const [index, one] of item.items.entries()) {
    if (one.type === "text") list.append(element("span", {}, one.text));
    else list.append(element("button", { type: "button", onclick: () => actions.tap(item.id, index) }, one.text));
  }
  return [item.head ?? "", list, item.tail ?? ""];
}

function fileLink(item) {
  const icon = item.kind === "voice" ? "🎤" : "📄";
  if (!item.media) return `${icon} ${item.kind}`;
  const { filename, bytes, url } = item.media;
  return element("a", { href: pathOf(url), download: filename }, `${icon} ${filename} (${bytes} B)`);
}

/** Addresses in a text can be opened, as on the phone. */
function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"，。]+)/).map((part, index) => (index % 2 ? anchor(part, part) : part));
}

/** The page may be open as localhost while media are named by 127.0.0.1. */
const pathOf = (url) => new URL(url).pathname;

/** Only customers have a window and a quota. */
export function renderMeters(chat) {
  if (chat.quota === undefined) return [];
  const window = chat.windowOpen ? t("windowOpen", { at: dateOf(chat.windowEndsAt) }) : t("windowShut");
  return [
    meter(t("sends", { left: chat.sendsLeft, quota: chat.quota }), chat.sendsLeft === 0),
    meter(window, !chat.windowOpen),
    meter(t(chat.stateText), chat.state > 1),
  ];
}

export function meter(text, bad = false) {
  const node = element("span", { className: "meter" }, text);
  if (bad) node.dataset.state = "bad";
  return node;
}
