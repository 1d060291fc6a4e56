import { post } from "./api.js";
import { byId, element } from "./dom.js";
import { t } from "./i18n.js";

let shown = "";
let groups = [];

/** The group chats that can be chosen; none for accounts that have no groups. */
export async function showGroups({ account, type }, hasGroups) {
  ({ groups } = hasGroups ? await post(`${type}/groups`, { account }) : { groups: [] });
  const names = [["", t("noGroup")], ...groups.map(({ id, name }) => [id, name ? `${name} (${id})` : id])];
  // An open list is left alone while nothing changes.
  if (JSON.stringify(names) === shown) return;
  shown = JSON.stringify(names);
  const chosen = byId("group").value;
  byId("group").replaceChildren(
    ...names.map(([value, name]) => element("option", { value, selected: value === chosen }, name)),
  );
}

/** The chosen group, seen by the person if inside, else by its first member. */
export function chosenGroup(person) {
  const group = groups.find(({ id }) => id === byId("group").value);
  if (!group) return undefined;
  const viewer = group.members.find((member) => member.toLowerCase() === person.toLowerCase()) ?? group.members[0];
  return { ...group, viewer };
}
