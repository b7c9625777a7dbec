// entry
/** "Tải về": the papers of a session, a consultation or a dossier, into this device's vault. */
import { word } from '../words';
import { canKeep, type Heard, inTurn, load, prepare, whyNot } from './loading';
import { show } from './row';
import { isSigned, openFor, openKept, type Pack, type Vault } from './vault';

const editionOf = (row: HTMLElement): number => Number(row.dataset.edition);

const owner = Number(document.querySelector<HTMLElement>('#ended')?.dataset.owner);

class Region {
  private readonly rows: HTMLElement[];
  private readonly pack: Pack;
  private readonly button: HTMLButtonElement | null;
  private isLoading = false;
  private coming = 0;
  private late = 0;

  constructor(private readonly root: HTMLElement) {
    this.rows = [...root.querySelectorAll<HTMLElement>('[data-edition]')];
    this.pack = { path: root.dataset.path ?? '', title: root.dataset.title ?? '' };
    this.button = root.querySelector('[data-keep-all]');
    root.addEventListener('click', (event) => {
      if ((event.target as HTMLElement).closest('[data-keep-all], [data-again]')) void this.load();
    });
    void this.start();
  }

  private async start(): Promise<void> {
    if (!canKeep()) {
      this.button?.setAttribute('aria-disabled', 'true');
      this.say(
        word({
          vi: 'Trình duyệt này không giữ được tài liệu để đọc khi không có mạng.',
          en: 'This browser cannot keep papers to be read offline.',
        }),
      );
      return;
    }
    if (!isSigned()) return;
    const vault = await openKept();
    if (vault?.person === owner) await this.showKept(vault);
  }

  private async showKept(vault: Vault): Promise<void> {
    const kept = new Map((await vault.papers()).map((each) => [each.edition_id, each]));
    for (const row of this.rows) {
      const about = kept.get(Number(row.dataset.edition));
      if (!about) continue;
      show(row, 'ready', about);
      const pack = this.packOf(row);
      const isMoved = about.pack.path === pack.path && about.pack.place !== pack.place;
      if (isMoved) await vault.place(about, pack);
    }
    this.count();
  }

  /** Whatever is not here yet; what fails is said beside it, and the rest goes on. */
  private async load(): Promise<void> {
    if (this.isLoading || this.button?.getAttribute('aria-disabled')) return;
    this.isLoading = true;
    this.button?.setAttribute('aria-busy', 'true');
    this.say('');
    for (const row of this.missing()) show(row, 'loading', { share: 0 });
    try {
      await prepare();
      const vault = await openFor(owner);
      await this.showKept(vault);
      await this.loadMissing(vault);
    } catch (wrong) {
      for (const row of this.missing()) show(row, 'failed');
      this.say(whyNot(wrong));
      // The one that was cut comes last: it may be cut again.
      this.late = this.coming;
    } finally {
      this.isLoading = false;
      this.button?.removeAttribute('aria-busy');
      this.count();
    }
  }

  private missing(): HTMLElement[] {
    return this.rows.filter(({ dataset }) => !['ready', 'online'].includes(dataset.state ?? ''));
  }

  private async loadMissing(vault: Vault): Promise<void> {
    const isLate = (row: HTMLElement) => Number(editionOf(row) === this.late);
    const inOrder = this.missing().sort((a, b) => isLate(a) - isLate(b));
    const rows = new Map(inOrder.map((row) => [editionOf(row), row]));
    if (!rows.size) return;
    const rowOf = (edition: number) => rows.get(edition) as HTMLElement;
    const packOf = (edition: number) => this.packOf(rowOf(edition));
    const heard: Heard = {
      share: (edition, share) => {
        this.coming = edition;
        show(rowOf(edition), 'loading', { share });
      },
      kept: (edition, leased) => {
        show(rowOf(edition), 'ready', leased);
        this.count();
      },
      refused: (edition, why) => {
        show(rowOf(edition), why.reason === 'online_only' ? 'online' : 'failed');
        this.say(why.message);
        this.count();
      },
    };
    await inTurn(
      () => load(vault, [...rows.keys()], packOf, heard),
      (words) => this.say(words),
    );
  }

  private packOf(row: HTMLElement): Pack {
    return { ...this.pack, place: this.rows.indexOf(row) };
  }

  private count(): void {
    const all = this.rows.filter((each) => each.dataset.state !== 'online');
    const ready = all.filter((each) => each.dataset.state === 'ready');
    this.root.querySelector('[data-count]')?.replaceChildren(`${ready.length}/${all.length}`);
    if (this.button) this.button.hidden = ready.length === all.length;
  }

  private say(text: string): void {
    this.root.querySelector('[data-said]')?.replaceChildren(text);
  }
}

for (const root of document.querySelectorAll<HTMLElement>('[data-keep]')) new Region(root);
