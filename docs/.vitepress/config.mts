import { defineConfig } from "vitepress";

const pages = (prefix: string, titles: Readonly<Record<string, string>>) =>
  Object.entries(titles).map(([page, text]) => ({ text, link: `${prefix}/${page}` }));

export default defineConfig({
  title: "wxgate",
  description: "WeChat and WeCom to any AI agent, on your own machine",
  cleanUrls: true,
  lastUpdated: false,
  locales: {
    root: {
      label: "English",
      lang: "en",
      themeConfig: {
        sidebar: [
          { text: "Understand", items: pages("", { "message-way": "A message's way", guarantees: "Guarantees" }) },
          {
            text: "Set up",
            items: pages("", {
              kf: "WeChat Customer Service",
              "wecom-agent": "WeCom self-built app",
              "wecom-bot": "WeCom AI bot",
              "weixin-ilink": "Weixin iLink",
              agents: "Agents",
              mcp: "Tools: MCP and skills",
              access: "Who may talk, who answers",
              exposing: "Letting the platform reach you",
              importing: "Coming from OpenClaw",
              configuration: "Configuration",
            }),
          },
          {
            text: "Run",
            items: pages("", {
              operating: "Operating",
              schedules: "Schedules",
              trouble: "Trouble by symptom",
              simulator: "Simulator",
            }),
          },
          { text: "Extend", items: pages("", { "adding-a-channel": "Adding a channel" }) },
        ],
      },
    },
    zh: {
      label: "简体中文",
      lang: "zh-CN",
      themeConfig: {
        sidebar: [
          { text: "理解", items: pages("/zh", { "message-way": "一条消息的路", guarantees: "保证" }) },
          {
            text: "接入",
            items: pages("/zh", {
              kf: "微信客服",
              "wecom-agent": "企业微信自建应用",
              "wecom-bot": "企业微信智能机器人",
              "weixin-ilink": "微信 iLink",
              agents: "智能体",
              mcp: "工具：MCP 与技能",
              access: "谁可以说话，由谁回答",
              exposing: "让平台访问到你",
              importing: "从 OpenClaw 迁移",
              configuration: "配置",
            }),
          },
          {
            text: "运行",
            items: pages("/zh", {
              operating: "运维",
              schedules: "定时任务",
              trouble: "按现象排查",
              simulator: "模拟器",
            }),
          },
          { text: "扩展", items: pages("/zh", { "adding-a-channel": "新增渠道" }) },
        ],
      },
    },
  },
});
