export const byId = (id) => document.getElementById(id);

/** A new element: properties first, then children; strings become text, never markup. */
export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== undefined && child !== ""));
  return node;
}

/** Shows what an action was refused for, beside where it was asked. */
export function guarded(problem, action) {
  return async (event) => {
    event?.preventDefault?.();
    problem.textContent = "";
    try {
      await action(event);
    } catch (error) {
      problem.textContent = error.message;
    }
  };
}

export function anchor(url, text) {
  const isWeb = /^https?:\/\//i.test(url);
  return isWeb ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text) : `${text} (${url})`;
}
