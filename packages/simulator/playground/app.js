import { get, post, remove, toBase64 } from "./api.js";
import { meter, renderItems, renderMeters } from "./chat.js";
import { byId, element, guarded } from "./dom.js";
import { startEventForm } from "./events.js";
import { chosenGroup, showGroups } from "./groups.js";
import { currentLanguage, dateOf, setLanguage, t, translatePage } from "./i18n.js";
import { offersOf, SAMPLES } from "./offers.js";
import { showCodes, showConnection, showFaults, showWire, startFaultForm } from "./panels.js";

let accounts = [];
const problem = byId("problem");
const person = () => byId("person").value.trim() || "alice";
const account = () => accounts.find((one) => one.account === byId("account").value) ?? accounts[0];
const offers = () => offersOf(account().type);
const send = (content) => post("send", { account: account().account, from: person(), content });
const staff = (verb, body = {}) =>
  post(`${account().type}/${verb}`, {
    account: account().account,
    user: person(),
    servicer: byId("servicer").value,
    ...body,
  });

const actions = {
  tap: (message, item, selections) =>
    guarded(problem, async () => {
      const chosen = { user: person(), message, item, ...(selections ? { selections } : {}) };
      const result = await post("tap", { account: account().account, ...chosen });
      if (result.opened) problem.textContent = t("tapFailed", { what: result.opened.url ?? result.opened.path });
      await refresh();
    })(),
  recall: (messageId) =>
    guarded(problem, async () => {
      await staff("recall", { messageId });
      await refresh();
    })(),
};

async function showChat() {
  await showGroups(account(), offers().groups === true);
  const group = chosenGroup(person());
  const seen = group ? { user: group.viewer, group: group.id } : { user: person() };
  const screen = await get("screen", { account: account().account, ...seen });
  showWriting(group);
  const list = byId("chat");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.dataset.empty = t("empty");
  list.replaceChildren(...renderItems(screen.items, actions));
  byId("meters").replaceChildren(...(group ? [meter(groupWords(group))] : renderMeters(screen.chat)));
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** An app hears nothing of its groups, so nothing can be written there. */
function showWriting(group) {
  for (const id of ["tools", "writing"]) byId(id).hidden = group !== undefined;
  byId("group-note").hidden = group === undefined;
}

const groupWords = ({ members, viewer }) => t("groupSeen", { members: members.join(", "), viewer });

async function showPeople() {
  const { people } = await post(`${account().type}/people`, { account: account().account });
  const options = people.map(({ id, name }) =>
    element("option", offers().byUserId ? { value: id, label: name } : { value: name }),
  );
  byId("people").replaceChildren(...options);
}

async function showClock() {
  const { now, offsetMs } = await get("clock");
  byId("now").textContent = `${dateOf(now)}${offsetMs > 1000 ? ` (+${Math.round(offsetMs / 60_000)} min)` : ""}`;
}

async function showAccounts() {
  ({ accounts } = await get("accounts"));
  const chosen = byId("account").value;
  byId("account").replaceChildren(
    ...accounts.map(({ account: id, name }) =>
      element("option", { value: id, selected: id === chosen }, `${name} (${id})`),
    ),
  );
  showAccount();
}

/** What depends on the account alone. */
function showAccount() {
  const { samples, enter, staff, events, groups, byUserId } = offers();
  byId("keys").textContent = JSON.stringify(account(), null, 2);
  byId("sample").replaceChildren(
    element("option", { value: "" }, t("sample")),
    ...samples.map((name) => element("option", { value: name }, name)),
  );
  byId("person-label").dataset.i18n = byUserId ? "userId" : "person";
  byId("person-label").textContent = t(byId("person-label").dataset.i18n);
  byId("enter").hidden = enter === undefined;
  byId("staff").hidden = !staff;
  byId("events").hidden = !events;
  byId("group-field").hidden = !groups;
}

async function scanned({ code, shown }) {
  problem.textContent = code ? t("digits", { code }) : (shown ?? "");
  await showAccounts();
  await refresh();
}

async function refresh() {
  const codes = showCodes(person, scanned);
  await Promise.all([showChat(), showConnection(account()), showWire(), showFaults(), showClock(), codes]);
}

/** Refreshes soon; many changes in a row make one refresh. */
let _planned;
function refreshSoon() {
  _planned ??= setTimeout(() => {
    _planned = undefined;
    void guarded(problem, refresh)();
  }, 50);
}

function on(id, event, action) {
  byId(id).addEventListener(event, guarded(problem, action));
}

function startComposer() {
  on("composer", "submit", async () => {
    const text = byId("text").value;
    if (text.trim() === "") return;
    byId("text").value = "";
    await send({ kind: "text", text });
    await refresh();
  });
  byId("text").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("composer").requestSubmit();
  });
  on("enter", "click", async () => {
    await send({ kind: "event", event: offers().enter });
    await refresh();
  });
  on("file", "change", async () => {
    const [file] = byId("file").files;
    if (!file) return;
    const kind = ["image", "video"].find((type) => file.type.startsWith(`${type}/`)) ?? "file";
    await send({ kind, base64: await toBase64(file), filename: file.name, ...(file.type ? { mime: file.type } : {}) });
    byId("file").value = "";
    await refresh();
  });
  on("sample", "change", async () => {
    const sample = SAMPLES[byId("sample").value];
    byId("sample").selectedIndex = 0;
    if (sample) await send(sample);
    await refresh();
  });
}

function startPanels() {
  startFaultForm();
  startEventForm(() => ({ ...account(), user: person() }), refresh);
  on("take-over", "click", async () => {
    await staff("take-over");
    await refresh();
  });
  on("end", "click", async () => {
    await staff("end");
    await refresh();
  });
  on("staff-form", "submit", async () => {
    await staff("servicer-message", { content: { kind: "text", text: byId("staff-text").value } });
    byId("staff-text").value = "";
    await refresh();
  });
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener(
      "click",
      guarded(problem, async () => {
        await post("clock", { advanceMs: Number(button.dataset.advance) });
        await refresh();
      }),
    );
  }
  on("reset", "click", async () => {
    await remove("state");
    await refresh();
  });
  on("callback-form", "submit", async () => {
    const result = byId("callback-result");
    const answer = await post("callbacks", { account: account().account, url: byId("callback-url").value });
    result.textContent = answer.saved ? t("saved") : t("refused", { reason: answer.check.reason });
    await showAccounts();
    await refresh();
  });
}

async function start() {
  byId("language").value = currentLanguage();
  byId("person").value = localStorage.getItem("person") ?? "alice";
  translatePage();
  on("language", "change", async () => {
    setLanguage(byId("language").value);
    showAccount();
    await refresh();
  });
  on("account", "change", async () => {
    byId("callback-result").textContent = "";
    showAccount();
    await Promise.all([refresh(), showPeople()]);
  });
  on("group", "change", refresh);
  on("person", "change", async () => {
    localStorage.setItem("person", person());
    await refresh();
  });
  startComposer();
  startPanels();
  await showAccounts();
  await Promise.all([refresh(), showPeople()]);
  new EventSource("/control/changes").addEventListener("message", refreshSoon);
  // Callbacks and retries change no screen; they are looked up now and then.
  setInterval(refreshSoon, 3000);
}

void guarded(problem, start)();
