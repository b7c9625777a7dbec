import { refresh } from '../fresh';
import { word } from '../words';
import { Sending } from './sending';

export class Uploads {
  protected readonly list: HTMLElement;
  protected readonly kinds: HTMLSelectElement;
  private readonly input: HTMLInputElement;
  private sendings: Sending[] = [];
  private readonly pause = document.createElement('button');
  private sending: Sending | null = null;
  private isPaused = false;

  constructor(protected readonly form: HTMLFormElement) {
    const need = <Kind extends Element>(where: string) => form.querySelector(where) as Kind;
    this.input = need('input[type="file"]');
    this.list = need('[data-files]');
    this.kinds = need('select');
    need<HTMLElement>('[data-plain]').hidden = true;
    this.kinds.disabled = false;
    this.kinds.required = false;
    this.input.addEventListener('change', () => this.take(this.input.files));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.sendAll();
    });
    this.listenForDrops(need('[data-drop]'));
    this.pause.className = 'btn';
    this.pause.type = 'button';
    this.pause.hidden = true;
    this.pause.textContent = word({ vi: 'Tạm dừng', en: 'Pause' });
    this.pause.addEventListener('click', () => this.stop());
    need('button[type="submit"]').after(this.pause);
  }

  /** Files that were chosen before this ran: on a slow line, or kept by the browser. */
  begin(): void {
    if (this.input.files?.length) this.take(this.input.files);
  }

  /** Nothing more is sent until "upload" is pressed again. */
  private stop(): void {
    this.isPaused = true;
    this.sending?.pause();
  }

  private take(files: FileList | null): void {
    const twice: string[] = [];
    for (const file of files ?? []) {
      if (this.sendings.some((each) => !each.done && isSame(each.file, file))) {
        twice.push(file.name);
        continue;
      }
      const sending = this.made(file);
      sending.row.addEventListener('sending:left', () => this.leave(sending));
      this.sendings.push(sending);
      this.put(sending);
    }
    this.input.value = '';
    this.shows();
    const names = twice.join(', ');
    if (twice.length)
      this.tell({ vi: `Đã có trong danh sách: ${names}.`, en: `On the list already: ${names}.` });
  }

  protected leave(sending: Sending): void {
    this.sendings = this.sendings.filter((each) => each !== sending);
    const next = sending.row.nextElementSibling ?? sending.row.previousElementSibling;
    sending.row.remove();
    this.shows();
    (next?.querySelector('input') ?? this.input).focus();
  }

  private shows(): void {
    this.input.required = this.sendings.length === 0;
    this.list.hidden = this.sendings.length === 0;
  }

  protected made(file: File): Sending {
    return new Sending(file, this.kinds);
  }

  protected put(sending: Sending): void {
    this.list.append(sending.row);
  }

  /** Where it is sent to; null where nobody has said so yet. */
  protected to(_sending: Sending): string | null {
    return this.form.action;
  }

  private async sendAll(): Promise<void> {
    if (this.form.dataset.sending) return;
    const lost = this.sendings.filter((each) => !each.done && this.to(each) === null).reverse();
    // The first of them is asked about last, and so has the focus.
    for (const each of lost) each.asksWhere();
    if (lost.length) return;
    this.form.dataset.sending = 'yes';
    const button = this.form.querySelector('button[type="submit"]');
    button?.setAttribute('aria-busy', 'true');
    this.isPaused = false;
    this.pause.hidden = false;
    this.tell({ vi: '', en: '' });
    // One after the other, so that the dossier lists them as they were chosen.
    for (const each of this.sendings) {
      if (each.done || this.isPaused) continue;
      this.sending = each;
      await each.send(this.to(each) ?? this.form.action);
    }
    this.sending = null;
    this.pause.hidden = true;
    delete this.form.dataset.sending;
    button?.removeAttribute('aria-busy');
    if (this.isPaused) this.waits();
    else this.finish();
  }

  private waits(): void {
    const left = this.sendings.filter((each) => !each.done).length;
    this.tell({
      vi: `Tạm dừng, còn ${left} tệp. Bấm Tải lên để gửi tiếp.`,
      en: `Paused, ${left} left. Press Upload to go on.`,
    });
  }

  private tell(words: { vi: string; en: string }): void {
    const all = this.form.querySelector('[data-all]');
    if (all) all.textContent = word(words);
  }

  private finish(): void {
    const refused = this.sendings.filter((each) => !each.done).length;
    const received = this.sendings.length - refused;
    if (received && !refused) {
      location.reload();
      return;
    }
    this.tell({
      vi: `Đã nhận ${received}, không nhận ${refused}.`,
      en: `${received} received, ${refused} refused.`,
    });
    if (received) void refresh();
  }

  private listenForDrops(place: HTMLElement): void {
    const over = (shown: boolean) => place.toggleAttribute('data-over', shown);
    place.addEventListener('dragover', (event) => {
      event.preventDefault();
      over(true);
    });
    place.addEventListener('dragleave', () => over(false));
    place.addEventListener('drop', (event) => {
      event.preventDefault();
      over(false);
      this.take(event.dataTransfer?.files ?? null);
    });
  }
}

const isSame = (one: File, other: File): boolean =>
  one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

/** `data-upload` on a form sends each file apart, with its progress and its result. */
export function enhanceUploads(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-upload]')) {
    new Uploads(form).begin();
  }
}
