/** Encrypts what must not lie in the database in clear. `open` throws on what `seal` of another key made. */
export interface Sealer {
  seal(text: string): string;
  open(text: string): string;
}
