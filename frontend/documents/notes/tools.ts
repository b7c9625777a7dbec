// The hand on the page: the pen draws and the finger scrolls; where the reader says so, the finger
// draws as well, and two of them scroll.
import { type Caret, caretAt } from './caret';
import { type NoteLayer, pointOn, rectOn } from './layer';
import { isFar, MOST_NUMBERS, touches } from './note';
import { quoteOf } from './quote';
import type { NoteStore } from './store';

export type Tool = 'ink' | 'highlight' | 'text' | 'eraser';

const FINGERS = 'notes:fingers';
/** What a hand is doing between touching the page and leaving it. */
type Hand = { pointer: number; move(event: PointerEvent): void; end(isWhole: boolean): void };
/** Beside its line a stroke still begins in it. */
const BESIDE = 1;
/** By so many pixels a hand slips that only points. */
const SLIP = 4;

export class NoteTools extends EventTarget {
  tool: Tool | null = null;
  private hand: Hand | null = null;
  /** Whether what the hand does is no scrolling. */
  private isHeld = false;

  constructor(
    private readonly pages: HTMLElement,
    private readonly layer: NoteLayer,
    private readonly store: NoteStore,
    private readonly ask: (page: number, at: [number, number]) => void,
  ) {
    super();
    const options = { capture: true };
    pages.addEventListener('pointerdown', (event) => this.down(event), options);
    pages.addEventListener('pointermove', (event) => this.moved(event), options);
    pages.addEventListener('pointerup', (event) => this.left(event, true), options);
    pages.addEventListener('pointercancel', (event) => this.left(event, false), options);
    // Scrolling by what draws, and the palm beside it, begins with a touch.
    const held = (event: TouchEvent) =>
      this.hand && this.isHeld && event.cancelable && event.preventDefault();
    pages.addEventListener('touchstart', held, { passive: false });
    pages.addEventListener('touchmove', held, { passive: false });
  }

  /** Take a tool up, or lay down the one in hand. */
  take(tool: Tool | null): void {
    this.hand?.end(false);
    this.hand = null;
    if (tool === 'highlight' && this.light()) tool = this.tool === 'highlight' ? 'highlight' : null;
    else if (tool === this.tool) tool = null;
    this.tool = tool;
    if (tool) this.pages.dataset.tool = tool;
    else delete this.pages.dataset.tool;
    this.tell();
  }

  get fingersDraw(): boolean {
    return localStorage.getItem(FINGERS) === 'yes';
  }

  set fingersDraw(isSo: boolean) {
    localStorage.setItem(FINGERS, isSo ? 'yes' : 'no');
    this.tell();
  }

  private tell(): void {
    this.pages.dataset.fingers = this.fingersDraw ? 'draw' : 'scroll';
    this.dispatchEvent(new Event('change'));
  }

  private down(event: PointerEvent): void {
    if (!this.tool) return;
    if (this.hand) {
      // A second finger scrolls; beside a pen it is a palm.
      if (event.pointerType === 'touch') this.left(event, false, this.hand.pointer);
      return;
    }
    if (event.button !== 0) return;
    const scrolls = event.pointerType === 'touch' && !this.fingersDraw;
    // A tap says where words are to stand, and scrolls nothing.
    if (scrolls && this.tool !== 'text') return;
    const page = Number(
      (event.target as HTMLElement).closest<HTMLElement>('.page')?.dataset.pageNumber,
    );
    const sheet = this.layer.sheet(page);
    if (!sheet) return;
    this.hand = this.begin(this.tool, event, page, sheet);
    this.isHeld = !scrolls;
    if (scrolls) return;
    // It may end anywhere, also outside the pages; and selects nothing by itself.
    event.preventDefault();
    this.pages.setPointerCapture(event.pointerId);
  }

  private begin(tool: Tool, event: PointerEvent, page: number, sheet: SVGGElement): Hand {
    if (tool === 'ink') return this.drawing(event, page, sheet);
    if (tool === 'eraser') return this.erasing(event, page, sheet);
    if (tool === 'text') return this.pointing(event, page, sheet);
    return this.selecting(event);
  }

  private drawing(event: PointerEvent, page: number, sheet: SVGGElement): Hand {
    let points = pointOn(sheet, event.clientX, event.clientY) as number[];
    const line = this.layer.stroke(page);
    const keep = () => {
      const [x = 0, y = 0] = points;
      // A dot is a line that goes nowhere.
      const shape = { points: points.length < 4 ? [x, y, x + 1, y] : points };
      this.store.add({ kind: 'ink', page, text: '', shape });
    };
    return {
      pointer: event.pointerId,
      move: (moved) => {
        for (const each of moved.getCoalescedEvents?.() ?? [moved]) {
          // The page may be drawn anew under the hand.
          const under = this.layer.sheet(page) ?? sheet;
          const [x, y] = pointOn(under, each.clientX, each.clientY);
          if (isFar(points, x, y)) points.push(x, y);
        }
        if (points.length >= MOST_NUMBERS - 2 * 64) {
          keep();
          points = points.slice(-2);
        }
        line.grow(points);
      },
      end: (isWhole) => {
        line.end();
        if (isWhole) keep();
      },
    };
  }

  private erasing(event: PointerEvent, page: number, sheet: SVGGElement): Hand {
    const gone = new Set<string>();
    const move = (moved: PointerEvent) => {
      const [x, y] = pointOn(sheet, moved.clientX, moved.clientY);
      for (const { id, content } of this.store.on(page)) {
        if (!gone.has(id) && touches(content, x, y)) {
          gone.add(id);
          this.store.write([[id, null]]);
        }
      }
    };
    move(event);
    return { pointer: event.pointerId, move, end: () => {} };
  }

  private pointing(event: PointerEvent, page: number, sheet: SVGGElement): Hand {
    const at = pointOn(sheet, event.clientX, event.clientY);
    return {
      pointer: event.pointerId,
      move: () => {},
      end: (isWhole) => isWhole && this.ask(page, at),
    };
  }

  /** Words are drawn over as they are on paper: from beside them, and to wherever the hand ends. */
  private selecting(event: PointerEvent): Hand {
    const layers = [...this.pages.querySelectorAll('.textLayer')];
    const near = ({ clientX, clientY }: PointerEvent, within: number) =>
      caretAt(clientX, clientY, layers, within);
    const selection = getSelection();
    selection?.removeAllRanges();
    let from: Caret | null = near(event, BESIDE);
    let isMoved = false;
    return {
      pointer: event.pointerId,
      move: (moved) => {
        isMoved ||= Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) > SLIP;
        from ??= near(moved, BESIDE);
        const to = from && near(moved, Number.POSITIVE_INFINITY);
        if (from && to) selection?.setBaseAndExtent(...from, ...to);
      },
      end: (isWhole) => {
        const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
        const isLit = isWhole && isMoved && range !== null && this.lightRange(range);
        selection?.removeAllRanges();
        if (isWhole && isMoved && !isLit) this.dispatchEvent(new Event('wordless'));
      },
    };
  }

  private moved(event: PointerEvent): void {
    if (event.pointerId === this.hand?.pointer) this.hand.move(event);
  }

  private left(event: PointerEvent, isWhole: boolean, pointer = event.pointerId): void {
    if (pointer !== this.hand?.pointer) return;
    const { hand } = this;
    this.hand = null;
    hand.end(isWhole);
  }

  /** Highlight what is selected, on every page that it reaches; whether anything was. */
  private light(): boolean {
    const selection = getSelection();
    const range = selection?.rangeCount ? selection.getRangeAt(0) : null;
    if (!range || range.collapsed || !this.pages.contains(range.commonAncestorContainer)) {
      return false;
    }
    const isLit = this.lightRange(range);
    selection?.removeAllRanges();
    return isLit;
  }

  lightRange(range: Range, text = ''): boolean {
    let isLit = false;
    for (const layer of this.pages.querySelectorAll('.textLayer')) {
      if (!range.intersectsNode(layer)) continue;
      const page = Number(layer.closest<HTMLElement>('.page')?.dataset.pageNumber);
      const sheet = this.layer.sheet(page);
      const shape = sheet && quoteOf(range, layer, (each) => rectOn(sheet, each));
      if (!shape) continue;
      this.store.add({ kind: 'highlight', page, text, shape });
      isLit = true;
    }
    return isLit;
  }
}
