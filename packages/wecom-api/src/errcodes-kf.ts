import { type ErrcodeTable, giveUp, operator, wait } from "./errcode-rule.ts";

const ACCOUNT_LIMIT = "WeChat Customer Service refuses another account; its own words say why.";
const SERVICER = "The person must be an activated WeCom member and an online servicer of this account.";

/** The numbers of WeChat Customer Service (`kf/*`). */
export const KF_ERRCODES: ErrcodeTable = {
  95001: wait(
    "kf.reply-quota-used",
    "Five messages were sent since the customer last wrote; the rest goes out with their next message.",
    { until: "customer" },
  ),
  95002: wait(
    "kf.reply-window-closed",
    "The customer last wrote more than 48 hours ago; it goes out with their next message.",
    { until: "customer" },
  ),
  95013: wait("kf.session-ended", "The session was ended; it goes out with the customer's next message.", {
    until: "customer",
  }),
  95018: wait(
    "kf.session-state",
    "The state of the session does not allow it: a servicer answers, or the 48 hours are over.",
    { until: "customer" },
  ),
  95031: wait(
    "kf.reply-window-closed",
    "The customer did not write within 48 hours; it goes out with their next message.",
    { until: "customer" },
  ),
  95007: wait(
    "kf.callback-token-expired",
    "The token of the callback is over (10 minutes); the messages are pulled without it.",
  ),

  95003: operator(
    "kf.enterprise-not-verified",
    "An enterprise that is not verified may serve only few customers; verify it in the WeCom admin console. Those who were served before are answered.",
    { scope: "conversation" },
  ),
  95011: operator(
    "kf.secret-of-standalone-console",
    "The secret is that of the standalone console (kf.weixin.qq.com), but customer service is run by WeCom: use the secret of a self-built app that was added under 微信客服 → 可调用接口的应用.",
  ),
  95012: operator(
    "kf.secret-of-wecom-console",
    "The secret is that of a WeCom app, but customer service is run by the standalone console: use the secret shown at kf.weixin.qq.com.",
  ),
  95017: operator(
    "kf.api-switched-off",
    "The API of customer service is switched off; switch it on in the WeCom admin console, 微信客服 → API.",
  ),
  95023: operator(
    "kf.api-with-provider",
    "The API of customer service was given to a provider's app; take it back in the WeCom admin console, 微信客服.",
  ),
  95032: operator(
    "kf.component-permission-lost",
    "The component lost its permission for chat records; grant it again in the WeCom admin console.",
  ),

  95000: giveUp("kf.account-unknown", "There is no such customer service account."),
  95004: giveUp("kf.account-unknown", "The customer service account was deleted or belongs to another enterprise."),
  95005: giveUp("kf.account-limit", ACCOUNT_LIMIT),
  95006: giveUp("kf.account-name", "The platform does not take the name of the account (at most 16 characters)."),
  95008: giveUp("kf.menu-too-long", "A menu has at most 10 items."),
  95009: giveUp("kf.menu-item-type", "The menu holds an item of a type the platform does not know."),
  95014: giveUp("kf.servicer-unknown", SERVICER),
  95015: giveUp(
    "kf.dedicated-service",
    "The console gives this customer a dedicated servicer; sessions cannot be moved.",
  ),
  95016: giveUp("kf.session-transition", "The session cannot change from its state into this one."),
  95019: giveUp("kf.servicer-offline", SERVICER),
  95022: giveUp("kf.location-type", "The platform does not take this type of location."),
  95026: giveUp("kf.account-limit", ACCOUNT_LIMIT),
  95027: giveUp("kf.account-limit", ACCOUNT_LIMIT),
  95030: giveUp("kf.message-type", "The component may not send this type of message."),
  40096: giveUp("kf.customer-unknown", "The customer's id is wrong or belongs to another enterprise."),
};
