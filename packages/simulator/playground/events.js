import { post } from "./api.js";
import { byId, element, guarded } from "./dom.js";

const SCAN = { key: "scan", elements: { ScanCodeInfo: { ScanType: "qrcode", ScanResult: "table 7" } } };
const PICTURES = { Count: 1, PicList: { item: [{ PicMd5Sum: "1b5f7c23b5bf75682a53e7b6d163e185" }] } };
const PHOTO = { key: "photo", elements: { SendPicsInfo: PICTURES } };
const PLACE = { Location_X: 23.1066, Location_Y: 113.3245, Scale: 16, Label: "Guangzhou", Poiname: "Canton Tower" };

/**
 * The events of an app besides the opening of its chat and taps on cards: the EventKey where there is one, and other
 * elements. `system`: they come from the platform itself.
 */
const EVENTS = {
  click: { key: "help" },
  view: { key: "https://example.com/" },
  view_miniprogram: { key: "pages/index" },
  subscribe: {},
  unsubscribe: {},
  LOCATION: { elements: { Latitude: 23.1066, Longitude: 113.3245, Precision: 65, AppType: "wxwork" } },
  scancode_push: SCAN,
  scancode_waitmsg: SCAN,
  pic_sysphoto: PHOTO,
  pic_photo_or_album: PHOTO,
  pic_weixin: PHOTO,
  location_select: { key: "where", elements: { SendLocationInfo: PLACE, AppType: "wxwork" } },
  change_contact: { system: true, elements: { ChangeType: "update_user", UserID: "zhangsan", Position: "Baker" } },
  batch_job_result: {
    system: true,
    elements: { BatchJob: { JobId: "job-1", JobType: "sync_user", ErrCode: 0, ErrMsg: "ok" } },
  },
  close_inactive_agent: { system: true },
  reopen_inactive_agent: { system: true },
};

const chosen = () => EVENTS[byId("event-name").value];

function describeEvent() {
  const { key, elements } = chosen();
  byId("event-key").disabled = key === undefined;
  byId("event-key").value = key ?? "";
  byId("event-elements").value = JSON.stringify(elements ?? {});
}

/** @param who the account and the person that an event belongs to, at the time it happens */
export function startEventForm(who, happened) {
  byId("event-name").replaceChildren(...Object.keys(EVENTS).map((name) => element("option", { value: name }, name)));
  byId("event-name").addEventListener("change", describeEvent);
  describeEvent();
  byId("event-form").addEventListener(
    "submit",
    guarded(byId("event-problem"), async () => {
      const { key, system } = chosen();
      const { account, type, user } = who();
      await post(`${type}/event`, {
        account,
        ...(system ? {} : { user }),
        event: byId("event-name").value,
        ...(key === undefined ? {} : { EventKey: byId("event-key").value }),
        ...JSON.parse(byId("event-elements").value || "{}"),
      });
      await happened();
    }),
  );
}
