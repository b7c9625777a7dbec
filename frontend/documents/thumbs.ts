// All pages of a paper, small: drawn as they come into sight, and few of them kept.
import { word } from '../words';
import type { PaperPane } from './pane';

/** Twice what a tall pane shows. */
const MOST_DRAWN = 24;
const WIDTH = 84;
const SHARPEST = 2;
const STEPS: Record<string, string> = {
  ArrowUp: 'previous',
  ArrowDown: 'next',
  PageUp: 'previous',
  PageDown: 'next',
  Home: 'first',
  End: 'last',
};

export class Thumbs {
  private readonly seen = new Set<number>();
  /** In the order in which they were drawn. */
  private readonly drawn = new Map<number, HTMLCanvasElement>();
  private readonly watch: IntersectionObserver;
  private marked = new Set<number>();
  private isDrawing = false;

  constructor(
    private readonly list: HTMLElement,
    private readonly pane: PaperPane,
    private readonly chosen: () => void,
  ) {
    this.watch = new IntersectionObserver((entries) => this.look(entries), {
      root: list.closest('.pane'),
      rootMargin: '100px 0px',
    });
    list.addEventListener('click', (event) => {
      const page = pageOf((event.target as Element).closest('li'));
      if (!page) return;
      pane.view.page = page;
      chosen();
    });
    list.addEventListener('keydown', (event) => this.step(event));
    pane.view.events.on('pagechanging', () => this.point());
    pane.view.events.on('rotationchanging', () => void this.begin());
  }

  /** The pages of the paper that is open now. */
  async begin(): Promise<void> {
    const { view } = this.pane;
    this.watch.disconnect();
    this.seen.clear();
    for (const page of [...this.drawn.keys()]) this.forget(page);
    const shape = await view.shape(1);
    this.list.style.setProperty('--shape', String(1 / shape));
    this.list.replaceChildren(...Array.from({ length: view.pages }, (_, n) => this.row(n + 1)));
    for (const each of this.list.children) this.watch.observe(each);
    this.mark(this.marked);
    this.point();
  }

  /** Say which pages bear notes. */
  mark(pages: Set<number>): void {
    this.marked = pages;
    for (const row of this.list.children) {
      const said = row.querySelector('[data-noted]') as HTMLElement;
      said.hidden = !pages.has(pageOf(row));
    }
  }

  private row(page: number): HTMLElement {
    const row = document.createElement('li');
    row.className = 'thumb';
    row.id = `thumb-${page}`;
    row.dataset.page = String(page);
    row.setAttribute('role', 'option');
    const leaf = document.createElement('span');
    leaf.className = 'thumb__leaf';
    const number = document.createElement('span');
    number.className = 'thumb__n';
    number.textContent = String(page);
    const noted = document.createElement('span');
    noted.dataset.noted = '';
    noted.textContent = word({ vi: ' · có ghi chú', en: ' · has notes' });
    number.append(noted);
    row.append(leaf, number);
    return row;
  }

  private point(): void {
    const { page } = this.pane.view;
    for (const each of this.list.querySelectorAll('[aria-selected="true"]')) {
      each.setAttribute('aria-selected', 'false');
    }
    const now = this.list.children[page - 1];
    if (!now) return;
    now.setAttribute('aria-selected', 'true');
    this.list.setAttribute('aria-activedescendant', now.id);
    // A hand that turns these pages is not led away from where it is.
    if (!this.list.matches(':hover')) now.scrollIntoView({ block: 'nearest' });
  }

  private step(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') this.chosen();
    const step = STEPS[event.key];
    if (!step && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.pane.do(step);
    this.list.children[this.pane.view.page - 1]?.scrollIntoView({ block: 'nearest' });
  }

  private look(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.seen.add(pageOf(target));
      else this.seen.delete(pageOf(target));
    }
    void this.drawSeen();
  }

  /** One after another; what has gone out of sight meanwhile is left. */
  private async drawSeen(): Promise<void> {
    if (this.isDrawing) return;
    this.isDrawing = true;
    try {
      for (let next = this.next(); next; next = this.next()) await this.drawOne(next);
    } finally {
      this.isDrawing = false;
    }
  }

  private next(): number | undefined {
    return [...this.seen].sort((a, b) => a - b).find((page) => !this.drawn.has(page));
  }

  private async drawOne(page: number): Promise<void> {
    const canvas = document.createElement('canvas');
    this.drawn.set(page, canvas);
    const row = this.list.children[page - 1];
    const width = WIDTH * Math.min(devicePixelRatio, SHARPEST);
    // A page that cannot be drawn stands as a blank leaf: the reader says what is wrong with it.
    await this.pane.view.draw(page, canvas, width).catch(() => {});
    const leaf = row?.querySelector<HTMLElement>('.thumb__leaf');
    if (leaf?.isConnected && this.drawn.get(page) === canvas) {
      // Until it is drawn, a page is taken to have the shape of the first.
      leaf.style.setProperty('--shape', String(canvas.width / canvas.height));
      leaf.replaceChildren(canvas);
    }
    for (const old of [...this.drawn.keys()]) {
      if (this.drawn.size <= MOST_DRAWN) break;
      if (!this.seen.has(old)) this.forget(old);
    }
  }

  private forget(page: number): void {
    const canvas = this.drawn.get(page);
    this.drawn.delete(page);
    if (!canvas) return;
    canvas.remove();
    // Safari gives the memory back only so.
    canvas.width = 0;
    canvas.height = 0;
  }
}

const pageOf = (row: Element | null): number => Number((row as HTMLElement | null)?.dataset.page);
