import { expect, it } from "vitest";
import { childEnvironment } from "./child-environment.ts";

it("hands a program its way around the machine, and none of the gateway's secrets", () => {
  const env = {
    PATH: "/bin",
    HOME: "/home/a",
    LC_ALL: "C",
    KF_SECRET: "x",
    WXGATE_ADMIN_TOKEN: "y",
    OPENAI_API_KEY: "z",
  };

  expect(childEnvironment(env)).toEqual({ PATH: "/bin", HOME: "/home/a", LC_ALL: "C" });
});
