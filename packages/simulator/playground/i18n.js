/** All words of the page, in both languages. */
const WORDS = {
  en: {
    playground: "playground",
    language: "Language",
    phone: "The customer's phone",
    callbackUrl: "Callback URL of this account",
    connect: "Check and connect",
    account: "Account",
    person: "You are (any name)",
    userId: "You are (a userid)",
    message: "Write a message; Enter sends, Shift+Enter breaks the line",
    send: "Send",
    enterChat: "Enter chat",
    group: "Group chat of the app",
    noGroup: "none: the app itself",
    groupSeen: "Members: {members}. Seen by {viewer}",
    groupNote:
      "Members see here what the app sends to the group. An app hears nothing of groups, so nothing can be written.",
    attach: "Send a file",
    sample: "Send a sample",
    wire: "On the wire",
    wireNote: "What the platform was asked and what it called back, newest first. Open a line to read it.",
    events: "Events",
    eventsNote:
      "What else an app is told of: menus, the visible range, places, scans. The elements are those on the wire.",
    event: "Event",
    elements: "Other elements, as JSON",
    happen: "Let it happen",
    staff: "Staff",
    staffNote: "What a human does in the WeCom client. While a human serves the chat, the API may not send.",
    servicer: "Servicer",
    takeOver: "Take over",
    endSession: "End session",
    staffMessage: "Message by hand",
    signIn: "Sign in by QR code",
    signInNote:
      "Codes of personal bots (iLink) that wait for a phone. You scan as the person above; the digits are asked for where the fault ilink.verify-code is set.",
    noCodes: "No code waits. Start a login: wxgate login <channel>.",
    scan: "Scan and confirm",
    scanOnly: "Only scan",
    digits: "The phone shows {code}",
    connectsItself: "{account} calls nobody back: its client connects by itself.",
    faults: "Faults",
    faultsNote: "Make the platform misbehave. Without a count, a fault stays until it is removed.",
    fault: "Fault",
    count: "Count",
    target: "Target",
    value: "Value",
    setFault: "Set fault",
    clock: "Clock and reset",
    clockNote:
      "The platform's time. 48 hours close the reply window, 3 days drop messages, 2 hours end an access token.",
    reset: "Forget everything",
    keys: "Credentials of this account",
    keysNote: "Fixed test values: copy them into a configuration. apiBaseUrl is where the platform is.",
    empty: "Nothing here yet. Write something below.",
    noUrl:
      "{account} is connected to nothing: no callback URL is registered, so nobody learns of your messages. Enter one below.",
    noCallback: "{account} calls back {url}. No callback was sent yet.",
    goodCallback: "{account} calls back {url}. The last callback succeeded at {at}.",
    badCallback: "{account} calls back {url}. The last callback failed: {reason}",
    waiting: "still waiting for an answer",
    dropped: "dropped by a fault",
    saved: "Connected: the address passed the check.",
    refused: "Not saved, as in the console: {reason}",
    sends: "{left} of {quota} replies left",
    windowOpen: "reply window until {at}",
    windowShut: "reply window shut",
    tapFailed: "This item opens {what}",
    recall: "Recall",
    remove: "Remove",
    noFaults: "No fault is set.",
    left: "{hits} times so far",
    sent: "sent",
    shown: "delivered",
    failed: "not delivered (fail_type {type})",
    notDelivered: "not delivered",
    "dropped: frequency": "dropped silently: over the limit of the platform, which told the sender that all is well",
    recalled: "recalled",
    "session: untreated": "session: untreated (0)",
    "session: assistant": "session: assistant (1)",
    "session: waiting for a human": "session: waiting pool (2)",
    "session: ended": "session: not started or ended (4)",
    "bot: connected": "bot: its client is there",
    "bot: not connected": "bot: no client is there",
    "bot: scanned elsewhere": "bot: replaced by another scan",
    cut: "{bytes} bytes cut off",
  },
  zh: {
    playground: "演练场",
    language: "语言",
    phone: "客户的手机",
    callbackUrl: "此账号的回调地址",
    connect: "验证并连接",
    account: "客服账号",
    person: "你的身份（任意名字）",
    userId: "你的身份（成员 userid）",
    message: "输入消息；回车发送，Shift+回车换行",
    send: "发送",
    enterChat: "进入会话",
    group: "应用的群聊",
    noGroup: "不选：应用本身",
    groupSeen: "成员：{members}。以 {viewer} 的身份查看",
    groupNote: "成员在这里看到应用发到群里的消息。应用收不到群消息，所以这里不能输入。",
    attach: "发送文件",
    sample: "发送样例",
    wire: "通信记录",
    wireNote: "平台收到的请求和发出的回调，最新的在最上面。点开一行查看内容。",
    events: "事件",
    eventsNote: "应用还会收到的事件：菜单、可见范围、位置、扫码。元素名称与实际回调一致。",
    event: "事件",
    elements: "其他元素（JSON）",
    happen: "触发事件",
    staff: "人工客服",
    staffNote: "人工在企业微信客户端里的操作。人工接待期间，接口不能发消息。",
    servicer: "接待人员",
    takeOver: "接入会话",
    endSession: "结束会话",
    staffMessage: "人工发送消息",
    signIn: "扫码登录",
    signInNote: "等待扫码的个人机器人（iLink）二维码。以上面的身份扫码；开启故障 ilink.verify-code 时需要输入数字。",
    noCodes: "没有等待扫码的二维码。先发起登录：wxgate login <频道>。",
    scan: "扫码并确认",
    scanOnly: "只扫码",
    digits: "手机上显示 {code}",
    connectsItself: "{account} 不回调任何地址：由客户端主动连接。",
    faults: "故障开关",
    faultsNote: "让平台出错。不填次数时一直有效，直到移除。",
    fault: "故障",
    count: "次数",
    target: "目标",
    value: "取值",
    setFault: "开启故障",
    clock: "时钟与重置",
    clockNote: "平台的时间。48 小时后回复窗口关闭，3 天后消息消失，2 小时后令牌过期。",
    reset: "清空全部状态",
    keys: "此账号的凭据",
    keysNote: "固定的测试值，可直接写进配置。apiBaseUrl 是平台的地址。",
    empty: "还没有消息，在下面写一条吧。",
    noUrl: "{account} 还没有连接：未登记回调地址，没有人会知道你发了消息。请在下面填写。",
    noCallback: "{account} 的回调地址是 {url}，还没有发过回调。",
    goodCallback: "{account} 的回调地址是 {url}，最近一次回调成功（{at}）。",
    badCallback: "{account} 的回调地址是 {url}，最近一次回调失败：{reason}",
    waiting: "仍在等待回应",
    dropped: "被故障开关丢弃",
    saved: "已连接：地址通过了验证。",
    refused: "未保存（与管理后台一致）：{reason}",
    sends: "还可回复 {left}/{quota} 条",
    windowOpen: "回复窗口至 {at}",
    windowShut: "回复窗口已关闭",
    tapFailed: "该项会打开 {what}",
    recall: "撤回",
    remove: "移除",
    noFaults: "没有开启的故障。",
    left: "已发生 {hits} 次",
    sent: "已发送",
    shown: "已送达",
    failed: "未送达（fail_type {type}）",
    notDelivered: "未送达",
    "dropped: frequency": "被静默丢弃：超过平台的频率限制，而发送方得到的是成功",
    recalled: "已撤回",
    "session: untreated": "会话：未处理 (0)",
    "session: assistant": "会话：智能助手接待 (1)",
    "session: waiting for a human": "会话：待接入池 (2)",
    "session: ended": "会话：未开始或已结束 (4)",
    "bot: connected": "机器人：客户端在线",
    "bot: not connected": "机器人：客户端不在线",
    "bot: scanned elsewhere": "机器人：已被再次扫码取代",
    cut: "有 {bytes} 字节被截断",
  },
};

let language = preferred();

function preferred() {
  const kept = localStorage.getItem("language");
  if (kept === "zh" || kept === "en") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

export const currentLanguage = () => language;

export function setLanguage(next) {
  language = next === "zh" ? "zh" : "en";
  localStorage.setItem("language", language);
  translatePage();
}

/** The words for a key, `{name}` replaced; an unknown key stands for itself. */
export function t(key, values = {}) {
  const words = WORDS[language][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

export function translatePage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const node of document.querySelectorAll("[data-i18n]")) node.textContent = t(node.dataset.i18n);
  for (const node of document.querySelectorAll("[data-i18n-placeholder]"))
    node.placeholder = t(node.dataset.i18nPlaceholder);
  for (const node of document.querySelectorAll("[data-i18n-label]"))
    node.setAttribute("aria-label", t(node.dataset.i18nLabel));
}

export const timeOf = (iso) => new Date(iso).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB");
export const dateOf = (iso) => new Date(iso).toLocaleString(language === "zh" ? "zh-CN" : "en-GB");
