// entry
// Two editions of a paper next to each other, a page of each: those that changed come first.
import { word } from '../words';
import './beside.css';
import { pagePixels } from './bound';
import { opening, useWorker } from './opening';
import { Ranges } from './ranges';

type Pair = { was: number | null; now: number | null; changed: boolean };
type Paper = Awaited<ReturnType<typeof opening>['promise']>;

const SWIPE = 60;
const SHARPEST = 2;

/** One edition: its page of the pair, drawn as wide as there is room. */
class Side {
  private readonly paper: Promise<Paper>;
  private readonly title: HTMLElement;
  private readonly sheet: HTMLElement;
  private wanted: number | null = null;

  constructor(figure: HTMLElement) {
    this.title = figure.querySelector('[data-page]') as HTMLElement;
    this.sheet = figure.querySelector('[data-sheet]') as HTMLElement;
    this.paper = this.opened(figure.dataset.file ?? '');
  }

  private async opened(file: string): Promise<Paper> {
    const told = {
      kept: async () => undefined,
      waits: (does: boolean) => does && this.wait(),
      refused: () => this.fail(),
    };
    return opening(await Ranges.open(file, told, new AbortController().signal)).promise;
  }

  async show(number: number | null): Promise<void> {
    this.wanted = number;
    this.title.textContent = number
      ? word({ vi: `trang ${number}`, en: `page ${number}` })
      : word({ vi: 'không có trang này', en: 'no such page' });
    if (!number) {
      this.sheet.replaceChildren();
      return;
    }
    try {
      const canvas = await this.drawn(number);
      // Another page may have been asked for while this one was drawn.
      if (this.wanted === number) this.sheet.replaceChildren(canvas);
    } catch {
      if (this.wanted === number) this.fail();
    }
  }

  private async drawn(number: number): Promise<HTMLCanvasElement> {
    const page = await (await this.paper).getPage(number);
    const { width, height } = page.getViewport({ scale: 1 });
    const sharp = Math.min(window.devicePixelRatio, SHARPEST);
    const memory = (navigator as { deviceMemory?: number }).deviceMemory;
    const most = Math.sqrt(pagePixels(memory) / (width * height));
    const scale = Math.min((this.sheet.clientWidth / width) * sharp, most);
    const viewport = page.getViewport({ scale });
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(viewport.width);
    canvas.height = Math.round(viewport.height);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', this.title.textContent ?? '');
    await page.render({ canvas, viewport }).promise;
    return canvas;
  }

  /** What comes at last is drawn in its place. */
  private wait(): void {
    this.sheet.textContent = word({
      vi: 'Mất kết nối. Trang sẽ tự hiện khi có mạng.',
      en: 'The connection is lost. The page appears by itself once it is back.',
    });
  }

  private fail(): void {
    this.sheet.textContent = word({
      vi: 'Chưa vẽ được trang này. Kiểm tra mạng rồi chuyển trang để thử lại.',
      en: 'This page could not be drawn. Check the line, then turn the page to try again.',
    });
  }
}

class SideBySide {
  private readonly pairs: Pair[];
  private readonly sides: Side[];
  private place = 0;

  constructor(private readonly root: HTMLElement) {
    useWorker(root.dataset.worker ?? '');
    const pairs = JSON.parse(root.dataset.pairs ?? '[]') as Pair[];
    this.pairs = [
      ...pairs.filter((each) => each.changed),
      ...pairs.filter((each) => !each.changed),
    ];
    this.sides = [...root.querySelectorAll<HTMLElement>('figure')].map((each) => new Side(each));
    root.addEventListener('click', (event) => {
      const step = (event.target as Element).closest<HTMLElement>('[data-step]')?.dataset.step;
      if (step) this.go(this.place + Number(step));
    });
    document.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const places: Record<string, number> = {
        ArrowLeft: this.place - 1,
        ArrowRight: this.place + 1,
        Home: 0,
        End: this.pairs.length - 1,
      };
      const place = places[event.key];
      if (place === undefined) return;
      event.preventDefault();
      this.go(place);
    });
    this.listenForSwipes();
    window.addEventListener('resize', () => this.go(this.place));
    this.go(0);
  }

  private listenForSwipes(): void {
    let from: Touch | null = null;
    this.root.addEventListener(
      'touchstart',
      (event) => {
        from = event.touches.length === 1 ? (event.touches[0] ?? null) : null;
      },
      { passive: true },
    );
    this.root.addEventListener('touchend', (event) => {
      const to = event.changedTouches[0];
      if (!from || !to) return;
      const [across, down] = [to.clientX - from.clientX, to.clientY - from.clientY];
      from = null;
      if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) {
        this.go(this.place + (across < 0 ? 1 : -1));
      }
    });
  }

  private go(place: number): void {
    this.place = Math.min(Math.max(0, place), this.pairs.length - 1);
    const pair = this.pairs[this.place];
    if (!pair) return;
    const changed = this.pairs.filter((each) => each.changed).length;
    const number = this.place + 1;
    const said = this.root.querySelector('[data-where]');
    if (said) {
      said.textContent = pair.changed
        ? word({ vi: `Thay đổi ${number}/${changed}`, en: `Change ${number} of ${changed}` })
        : word({
            vi: `Phần chữ không đổi ${number - changed}/${this.pairs.length - changed}`,
            en: `Words unchanged ${number - changed} of ${this.pairs.length - changed}`,
          });
    }
    for (const each of this.root.querySelectorAll<HTMLElement>('[data-step]')) {
      const end = Number(each.dataset.step) < 0 ? 0 : this.pairs.length - 1;
      each.setAttribute('aria-disabled', String(this.place === end));
    }
    void this.sides[0]?.show(pair.was);
    void this.sides[1]?.show(pair.now);
  }
}

const root = document.querySelector<HTMLElement>('[data-pairs]');
if (root) new SideBySide(root);
