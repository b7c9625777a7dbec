// What a reader writes on a page, and the geometry of it. Places are ten-thousandths of the page's
// width, across and down from the upper left corner of the page as it is shown unturned.

export const UNIT = 10_000;
const ERASER = 120;
/** As the server bounds them: a longer stroke goes on as another, a longer page ends there. */
export const MOST_NUMBERS = 4_000;
export const FARTHEST = 100_000;
const NEAR = 12;

export type Rect = [number, number, number, number];
export type Ink = { points: number[] };
export type Quote = { quote: string; prefix: string; suffix: string; rects: Rect[] };
export type Content =
  | { kind: 'ink'; page: number; text: string; shape: Ink }
  | { kind: 'highlight'; page: number; text: string; shape: Quote }
  | { kind: 'text'; page: number; text: string; shape: { at?: [number, number] } }
  | { kind: 'bookmark'; page: number; text: string; shape: Record<string, never> };

/** Where a note of an earlier edition stands on this one: no page is the tray. */
export type Standing = {
  found: 'same_page' | 'elsewhere' | 'page' | 'tray';
  page: number | null;
  quote: string;
  nth: number;
  is_asked: boolean;
};

/** A note as the server knows it; without content it was taken away. */
export type Note = {
  id: string;
  revision: number;
  content: Content | null;
  edition: number;
  at: string;
  standing: Standing | null;
  shared: number[];
};

/** What others show to this reader. */
export type Lent = Note & { from: string };

/** What the server says of the notes on an edition: those that changed, and the latest number. */
export type Answer = { last: number; notes: Note[]; lent: Lent[] };

/** Not sent yet; `base` is the revision that was known when it was written. */
export type Waiting = { base: number; content: Content | null };

/** A note as it is shown: on a page or, without one, in the tray; `from` says whose it is. */
export type Item = {
  id: string;
  content: Content;
  page: number | null;
  note: Note | undefined;
  from: string;
};

/** Whether its words are not on the page that it stands on: then it stands at the margin. */
export const isAtMargin = ({ content, page, note }: Item): boolean =>
  content.kind === 'highlight' && page !== null && note?.standing?.quote === '';

export const itemOf = (id: string, content: Content, note: Note | undefined, from = ''): Item => ({
  id,
  content,
  page: note?.standing ? note.standing.page : content.page,
  note,
  from,
});

/** A line through points, smooth enough for a hand. */
export function path(points: number[]): string {
  const [x = 0, y = 0] = points;
  let drawn = `M${x} ${y}`;
  for (let i = 2; i < points.length - 2; i += 2) {
    const [a = 0, b = 0, c = 0, d = 0] = points.slice(i, i + 4);
    drawn += `Q${a} ${b} ${(a + c) / 2} ${(b + d) / 2}`;
  }
  return `${drawn}L${points.at(-2)} ${points.at(-1)}`;
}

/** Whether a point is far enough from the last one of a stroke to be kept. */
export function isFar(points: number[], x: number, y: number): boolean {
  const [a = 0, b = 0] = points.slice(-2);
  return Math.hypot(x - a, y - b) >= NEAR;
}

/** Whether an eraser at this point touches what is drawn there. */
export function touches(content: Content, x: number, y: number): boolean {
  if (content.kind === 'ink') return toLine(content.shape.points, x, y) <= ERASER;
  if (content.kind === 'highlight') {
    return content.shape.rects.some(
      ([left, top, width, height]) =>
        x >= left && x <= left + width && y >= top && y <= top + height,
    );
  }
  const at = content.kind === 'text' ? content.shape.at : undefined;
  return at !== undefined && Math.hypot(x - at[0], y - at[1]) <= 3 * ERASER;
}

function toLine(points: number[], x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (let i = 0; i + 3 < points.length; i += 2) {
    const [a = 0, b = 0, c = 0, d = 0] = points.slice(i, i + 4);
    nearest = Math.min(nearest, toSegment(x, y, a, b, c, d));
  }
  return nearest;
}

function toSegment(x: number, y: number, a: number, b: number, c: number, d: number): number {
  const length = (c - a) ** 2 + (d - b) ** 2;
  const share = length ? ((x - a) * (c - a) + (y - b) * (d - b)) / length : 0;
  const along = Math.min(1, Math.max(0, share));
  return Math.hypot(x - a - along * (c - a), y - b - along * (d - b));
}

/** The rectangles of a selection, one for each line. */
export function lines(rects: Rect[]): Rect[] {
  const found: Rect[] = [];
  for (const [x, y, width, height] of rects) {
    const last = found.at(-1);
    const overlap = last ? Math.min(last[1] + last[3], y + height) - Math.max(last[1], y) : 0;
    if (last && overlap > Math.min(last[3], height) / 2) {
      const right = Math.max(last[0] + last[2], x + width);
      const bottom = Math.max(last[1] + last[3], y + height);
      last[0] = Math.min(last[0], x);
      last[1] = Math.min(last[1], y);
      last[2] = right - last[0];
      last[3] = bottom - last[1];
    } else found.push([x, y, width, height]);
  }
  return found;
}

/** How far down its page a note stands; those of a page as a whole stand first. */
export function height(content: Content): number {
  if (content.kind === 'ink') return content.shape.points[1] ?? 0;
  if (content.kind === 'highlight') return content.shape.rects[0]?.[1] ?? 0;
  return content.kind === 'text' ? (content.shape.at?.[1] ?? -1) : -2;
}
