// A paper in a page: its buttons, its place of reading, what it says when it cannot open.
import { Refusal } from '../http';
import { keptWhole } from '../vault/line';
import { word } from '../words';
import { PaperView } from './pdf';
import { Ranges } from './ranges';

const PLACE = 'reading:';
/** The server's status for a file that was removed as an emergency. */
const GONE = 410;

type Place = { page: number; scale: string; turn?: number };

const placeOf = (url: string): Place | null => {
  try {
    return JSON.parse(localStorage.getItem(PLACE + url) ?? 'null');
  } catch {
    return null;
  }
};

export class PaperPane {
  readonly view: PaperView;
  /** Settled once the first paper stands at its page, or cannot be opened. */
  readonly opened: Promise<void>;
  private readonly scope: ParentNode;
  private url = '';
  /** Counts what was asked to be shown: what comes late of an earlier paper is left. */
  private turn = 0;
  /** Ends what is asked for of the paper that is shown. */
  private cut = new AbortController();

  /** `bytesAt` gives a paper that this device keeps; without it the server is asked in ranges. */
  constructor(
    private readonly root: HTMLElement,
    private readonly bytesAt?: (url: string) => Promise<Uint8Array>,
  ) {
    this.scope = root.closest('[data-reader]') ?? root;
    this.view = new PaperView(this.makeContainer(), root.dataset.worker ?? '');
    this.listen();
    this.opened = this.show(root.dataset.paperUrl ?? '', Number(root.dataset.page) || 0);
  }

  /** Open a paper where it was left, or at the page that is asked for. */
  async show(url: string, page = 0): Promise<void> {
    this.url = url;
    delete this.root.dataset.gone;
    const turn = ++this.turn;
    this.cut.abort();
    this.cut = new AbortController();
    this.say('');
    // Only what is on the screen is asked for: whoever asks for a file has opened it.
    await this.shown();
    if (this.turn !== turn) return;
    const place = placeOf(url);
    const start = page || place?.page || 1;
    this.showPicture(start === 1);
    try {
      await this.view.open(await (this.bytesAt?.(url) ?? this.ranges(url)));
    } catch (wrong) {
      if (this.turn === turn) this.fail(wrong);
      return;
    }
    await this.shown();
    if (this.turn !== turn) return;
    this.view.turn = place?.turn ?? 0;
    this.view.scale = place?.scale ?? 'auto';
    this.view.page = start;
    this.tell();
    this.root.dispatchEvent(new CustomEvent('paper:opened', { bubbles: true, detail: { url } }));
  }

  /** What does not come from the server comes from the vault, or when there is a line again. */
  private ranges(url: string): Promise<Ranges> {
    const told = {
      kept: () => keptWhole(this.edition),
      waits: (does: boolean) => this.sayWaits(does),
      refused: (wrong: Refusal) => this.fail(wrong),
    };
    return Ranges.open(url, told, this.cut.signal);
  }

  private fail(wrong: unknown): void {
    if (wrong instanceof Refusal && wrong.status === GONE) this.darken();
    else this.sayFailed();
  }

  get paper(): number {
    return Number(this.root.dataset.paperId);
  }

  /** The edition that is shown, by the number in its address. */
  get edition(): number {
    return Number(/editions\/(\d+)/.exec(this.url)?.[1]);
  }

  /** The file was removed: nothing of it stays on the screen or in this page's memory. */
  darken(): void {
    this.turn += 1;
    this.cut.abort();
    localStorage.removeItem(PLACE + this.url);
    void this.view.close();
    const picture = this.root.querySelector('.paper__first');
    picture?.removeAttribute('src');
    picture?.toggleAttribute('hidden', true);
    this.root.dataset.gone = '';
    this.say(
      word({
        vi: 'Tài liệu này vừa bị gỡ khẩn cấp, không ai mở được nữa. Hãy quay lại hồ sơ để xem theo quyết định của ai.',
        en: 'This paper was just removed as an emergency; nobody can open it any more. Go back to its dossier to see by whose decision.',
      }),
    );
  }

  do(what: string): void {
    const view = this.view;
    if (what === 'previous') view.page -= 1;
    else if (what === 'next') view.page += 1;
    else if (what === 'first') view.page = 1;
    else if (what === 'last') view.page = view.pages;
    else if (what === 'larger') view.zoom(1);
    else if (what === 'smaller') view.zoom(-1);
    else if (what === 'fit') view.scale = 'page-width';
    else if (what === 'whole') view.scale = 'page-fit';
    else if (what === 'turn') view.turn += 90;
  }

  /** Some papers are behind another pane, and their reader may never turn to them. A page that
   * hides them in their place says with `paper:seen` when it no longer does. */
  private shown(): Promise<void> {
    if (this.isSeen) return Promise.resolve();
    return new Promise((resolve) => {
      const look = () => {
        if (!this.isSeen) return;
        watch.disconnect();
        this.root.removeEventListener('paper:seen', look);
        resolve();
      };
      const watch = new ResizeObserver(look);
      watch.observe(this.root);
      this.root.addEventListener('paper:seen', look);
    });
  }

  private get isSeen(): boolean {
    return this.view.isShown && getComputedStyle(this.root).visibility !== 'hidden';
  }

  private makeContainer(): HTMLDivElement {
    const pages = this.root.querySelector<HTMLElement>('.paper__pages') ?? this.root;
    const container = document.createElement('div');
    container.className = 'paper__scroll';
    container.tabIndex = 0;
    container.setAttribute('role', 'group');
    container.setAttribute('aria-label', this.root.dataset.paperTitle ?? '');
    const viewer = document.createElement('div');
    viewer.className = 'pdfViewer';
    viewer.lang = 'vi';
    container.append(viewer);
    pages.prepend(container);
    return container;
  }

  private listen(): void {
    const events = this.view.events;
    events.on('pagechanging', () => this.moved());
    events.on('scalechanging', () => this.moved());
    events.on('rotationchanging', () => this.moved());
    events.on('pagerendered', () => this.showPicture(false));
    this.scope.addEventListener('click', (event) => {
      const button = (event.target as HTMLElement).closest<HTMLElement>('[data-paper-do]');
      if (button) this.do(button.dataset.paperDo ?? '');
    });
    this.root.addEventListener('paper:gone', () => this.darken());
    this.root.addEventListener('paper:show', (event) => {
      const { url, title } = (event as CustomEvent<{ url: string; title?: string }>).detail;
      this.root.dataset.paperUrl = url;
      if (title) this.root.dataset.paperTitle = title;
      void this.show(url);
    });
    let next = 0;
    // Not before the panes beside it have made way: in the strip that is left until then every page
    // is seen at once, and where one was is lost.
    new ResizeObserver(() => {
      cancelAnimationFrame(next);
      next = requestAnimationFrame(() => this.view.refit());
    }).observe(this.root);
    document.addEventListener('visibilitychange', () => document.hidden && this.view.rest());
  }

  private moved(): void {
    if (!this.view.pages) return;
    const { page, scale, turn } = this.view;
    const place: Place = { page, scale, turn };
    localStorage.setItem(PLACE + this.url, JSON.stringify(place));
    this.tell();
  }

  private tell(): void {
    const { page, pages, percent } = this.view;
    this.fill('[data-paper-page]', String(page));
    this.fill('[data-paper-pages]', String(pages));
    this.fill('[data-paper-zoom]', `${percent}%`);
    for (const each of this.scope.querySelectorAll<HTMLInputElement>('[data-paper-goto]')) {
      if (each !== document.activeElement) each.value = String(page);
    }
    this.mayNot('previous', page <= 1);
    this.mayNot('next', page >= pages);
  }

  private fill(where: string, text: string): void {
    for (const each of this.scope.querySelectorAll(where)) each.textContent = text;
  }

  private mayNot(what: string, cannot: boolean): void {
    for (const each of this.scope.querySelectorAll(`[data-paper-do="${what}"]`)) {
      each.setAttribute('aria-disabled', String(cannot));
    }
  }

  private showPicture(shown: boolean): void {
    const picture = this.root.querySelector<HTMLImageElement>('.paper__first');
    if (!picture) return;
    if (shown) picture.src = this.url.replace(/file$/, 'page1.webp');
    picture.hidden = !shown;
  }

  private say(text: string): void {
    const place = this.root.querySelector('.paper__said');
    if (place) place.replaceChildren(text);
  }

  /** At the foot: pages that have come are read on. */
  private sayWaits(does: boolean): void {
    this.say(
      does
        ? word({
            vi: 'Mất kết nối. Trang chưa tải sẽ tự hiện khi có mạng; chỗ đang đọc vẫn được giữ.',
            en: 'The connection is lost. Pages that have not come appear by themselves once it is back; your place is kept.',
          })
        : '',
    );
    this.root.querySelector('.paper__said')?.toggleAttribute('data-waits', does);
  }

  private sayFailed(): void {
    this.showPicture(false);
    const again = document.createElement('button');
    again.type = 'button';
    again.className = 'btn';
    again.textContent = word({ vi: 'Thử lại', en: 'Try again' });
    again.addEventListener('click', () => void this.show(this.url));
    this.say(
      word({
        vi: 'Chưa mở được tài liệu. Chỗ đang đọc vẫn được giữ trên máy này. Hãy kiểm tra kết nối rồi thử lại.',
        en: 'The paper did not open. Your place in it is kept on this device. Check the connection and try again.',
      }),
    );
    this.root.querySelector('.paper__said')?.append(again);
  }
}

export const mountAll = (): PaperPane[] =>
  [...document.querySelectorAll<HTMLElement>('[data-paper-url]')].map(
    (root) => new PaperPane(root),
  );
