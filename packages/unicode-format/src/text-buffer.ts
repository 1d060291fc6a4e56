/** From this length on, in UTF-16 units, what was appended becomes one string. */
const PAGE_LENGTH = 4096;

/**
 * A text that grows by its end. An engine keeps appended strings as a tree until somebody looks into it; on a long answer
 * the garbage collector would carry thousands of its nodes along, so a full page is made flat.
 */
export class TextBuffer {
  length = 0;
  private readonly pages: string[] = [];
  private page = "";

  append(text: string): void {
    this.length += text.length;
    this.page += text;
    if (this.page.length > PAGE_LENGTH) this.turnPage();
  }

  /** The text, and an empty buffer. */
  take(): string {
    const { pages } = this;
    let text = this.page;
    if (pages.length > 0) {
      // One join of all: what is appended to a long string is copied once more with it, when somebody looks into it.
      pages.push(text);
      text = pages.join("");
      pages.length = 0;
    }
    this.page = "";
    this.length = 0;
    return text;
  }

  private turnPage(): void {
    // Reading a character makes the engine join the page's parts, so that they can be freed.
    this.page.charCodeAt(0);
    this.pages.push(this.page);
    this.page = "";
  }
}
