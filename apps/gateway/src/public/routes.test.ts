import { describe, expect, it } from "vitest";
import { mountRoutes, withoutLastSlash } from "./routes.ts";

const route = (id: string, path: string) => ({ id, paths: [path], webhook: async () => new Response(id) });

describe("the paths of channels", () => {
  it("are the same with and without a slash at the end", () => {
    const mounted = mountRoutes([route("app", "/wecom/agent/"), route("kf", "/wecom/agent")]);

    expect([...mounted].map(([path, { ids }]) => [path, ids])).toEqual([["/wecom/agent", "app+kf"]]);
  });

  it.each([
    ["/wecom/agent/", "/wecom/agent"],
    ["/wecom/agent", "/wecom/agent"],
    ["/", "/"],
  ])("%s is looked up as %s", (asked, path) => {
    expect(withoutLastSlash(asked)).toBe(path);
  });
});
