/** Whom the story is told to, as it goes. */
export interface Teller {
  chapter(title: string): void;
  line(text: string): void;
  /** What was seen, as a block; long things are cut. */
  show(text: string): void;
}
