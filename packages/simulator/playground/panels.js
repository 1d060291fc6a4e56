import { get, post } from "./api.js";
import { byId, element, guarded } from "./dom.js";
import { t, timeOf } from "./i18n.js";

const SHOWN_LINES = 60;

/** The newest exchanges; lines that are open stay open. */
export async function showWire() {
  const { entries } = await get("log", { limit: SHOWN_LINES });
  const list = byId("wire");
  const open = new Set([...list.querySelectorAll("details[open]")].map((node) => node.dataset.seq));
  list.replaceChildren(...entries.reverse().map((entry) => wireLine(entry, open.has(String(entry.seq)))));
}

function wireLine(entry, isOpen) {
  const arrow = entry.kind === "callback" ? "⇠" : "⇢";
  const code = entry.errcode === null ? (entry.status ?? "—") : `errcode ${entry.errcode}`;
  const wrong = entry.status !== 200 || (entry.errcode !== null && entry.errcode !== 0);
  const summary = element(
    "summary",
    { className: wrong ? "wire-line wrong" : "wire-line" },
    `${timeOf(entry.at)} ${arrow} ${entry.method} ${entry.path} · ${code} · ${entry.durationMs} ms`,
  );
  const more = [...entry.notes, ...(entry.truncated ? ["…"] : [])].join(", ");
  const details = element("details", { open: isOpen }, summary);
  details.dataset.seq = entry.seq;
  details.append(
    element("pre", {}, pretty({ query: entry.query, body: entry.body })),
    element("pre", {}, pretty(entry.answer)),
    more,
  );
  return element("li", {}, details);
}

const pretty = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

/** The callback address of an account and how its last callback went. */
export async function showConnection(account) {
  const { callbacks } = await get("callbacks");
  const state = callbacks.find(({ accounts }) => accounts.includes(account.account));
  const banner = byId("connection");
  const last = state?.deliveries.at(-1);
  const values = { account: account.name, url: state?.url ?? "" };
  if (!state) say("", t("connectsItself", values));
  else if (!state.url) say("bad", t("noUrl", values));
  else if (!last || last.state === "no-url") say("", t("noCallback", values));
  else if (last.state === "delivered") say("good", t("goodCallback", { ...values, at: timeOf(last.at) }));
  else say("bad", t("badCallback", { ...values, reason: reasonOf(last) }));
  if (state?.url && document.activeElement !== byId("callback-url")) byId("callback-url").value = state.url;

  function say(mood, text) {
    banner.dataset.state = mood;
    banner.textContent = text;
  }
}

function reasonOf({ state, attempts }) {
  if (state === "dropped") return t("dropped");
  const last = attempts.at(-1);
  return last ? (last.error ?? `HTTP ${last.status}`) : t("waiting");
}

/** QR codes that wait for a phone. `scanned` is called with what the phone shows. */
export async function showCodes(person, scanned) {
  const { codes } = await post("weixin-ilink/codes", {});
  const lines = codes.map(({ qrcode, status }) => {
    const scan = (confirm) => async () => scanned(await post("scan", { qrcode, user: person(), confirm }));
    const buttons = [button(t("scan"), scan(true)), button(t("scanOnly"), scan(false))];
    return element("li", { className: "row" }, `${qrcode} · ${status}`, ...buttons);
  });
  byId("codes").replaceChildren(...(lines.length > 0 ? lines : [element("li", { className: "note" }, t("noCodes"))]));
}

let known = [];

export async function showFaults() {
  const faults = await get("faults");
  fillFaults(faults);
}

function fillFaults(faults) {
  if (known.length === 0) {
    known = faults.known;
    byId("fault-name").replaceChildren(...known.map(({ name }) => element("option", { value: name }, name)));
    describeFault();
  }
  const lines = faults.active.map((fault) => {
    const { name, target = "", value, hits, left } = fault;
    const count = left === null ? "∞" : `×${left}`;
    const text = [name, count, target, value === undefined ? "" : JSON.stringify(value), t("left", { hits })];
    const clear = async () => fillFaults(await post("faults", { clear: name }));
    return element("li", { className: "row" }, text.filter(Boolean).join(" · "), button(t("remove"), clear));
  });
  byId("active-faults").replaceChildren(
    ...(lines.length > 0 ? lines : [element("li", { className: "note" }, t("noFaults"))]),
  );
}

function button(text, onclick) {
  return element("button", { type: "button", onclick }, text);
}

function describeFault() {
  const fault = known.find(({ name }) => name === byId("fault-name").value);
  if (!fault) return;
  const value = fault.value ? ` ${t("value")}: ${fault.value.summary}.` : "";
  const targets = fault.targets ? ` ${t("target")}: ${fault.targets}.` : "";
  byId("fault-summary").textContent = `${fault.summary}${value}${targets}`;
  byId("fault-value").disabled = !fault.value;
  byId("fault-value").value = fault.value?.default === undefined ? "" : JSON.stringify(fault.value.default);
}

export function startFaultForm() {
  byId("fault-name").addEventListener("change", describeFault);
  byId("fault-form").addEventListener(
    "submit",
    guarded(byId("fault-problem"), async () => {
      const count = byId("fault-count").value;
      const target = byId("fault-target").value.trim();
      const value = byId("fault-value").value.trim();
      fillFaults(
        await post("faults", {
          name: byId("fault-name").value,
          ...(count === "" ? {} : { count: Number(count) }),
          ...(target === "" ? {} : { target }),
          ...(value === "" ? {} : { value: parsed(value) }),
        }),
      );
    }),
  );
}

/** A number, an object or, failing that, the words themselves. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
