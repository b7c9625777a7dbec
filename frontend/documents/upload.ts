import { refresh } from '../fresh';
import { csrfToken, word } from '../words';
import { fold } from './filter';

type Accepted = { pages: number; digest: string; removed: number; was_signed: boolean };

/** By what stands in a file's name, what kind of paper it probably is. */
const GUESSES: [string, RegExp][] = [
  ['summary_submission', /to trinh tom tat|tom tat to trinh/],
  ['submission', /to trinh|ttr/],
  ['appraisal_report', /tham dinh/],
  ['verification_report', /tham tra/],
  ['agency_response', /giai trinh|tiep thu|tong hop y kien/],
  ['annex', /phu luc|bieu/],
  ['draft', /du thao|nghi dinh|nghi quyet|quyet dinh/],
];

const guess = (name: string): string => {
  const words = fold(name).replace(/[_-]+/g, ' ');
  return GUESSES.find(([, pattern]) => pattern.test(words))?.[0] ?? 'other';
};

const titleOf = (name: string): string =>
  name
    .replace(/\.(pdf|docx|xlsx|pptx)$/i, '')
    .replace(/_+/g, ' ')
    .normalize('NFC')
    .trim();

/** One chosen file: its title and kind, how far it is, what became of it. */
class Sending {
  readonly row = document.createElement('li');
  done = false;
  private request: XMLHttpRequest | null = null;
  private readonly title = document.createElement('input');
  private readonly kind: HTMLSelectElement;
  private readonly progress = document.createElement('progress');
  private readonly said = document.createElement('p');

  constructor(
    readonly file: File,
    kinds: HTMLSelectElement,
  ) {
    this.title.className = 'input';
    this.title.value = titleOf(file.name);
    this.title.maxLength = 500;
    this.title.setAttribute('aria-label', word({ vi: 'Tên tài liệu', en: 'Title' }));
    this.kind = kinds.cloneNode(true) as HTMLSelectElement;
    this.kind.removeAttribute('id');
    this.kind.value = guess(file.name);
    this.kind.setAttribute('aria-label', word({ vi: 'Loại', en: 'Kind' }));
    this.progress.max = 1;
    this.progress.hidden = true;
    this.said.className = 'meta sent__said';
    this.said.setAttribute('role', 'status');
    this.say(file.name);
    this.build();
  }

  private build(): void {
    this.row.className = 'row';
    const margin = document.createElement('span');
    margin.className = 'row__m';
    const body = document.createElement('div');
    body.className = 'row__b sent';
    body.append(this.title, this.kind, this.progress, this.said);
    this.row.append(margin, body);
  }

  /** Stops what is under way; what has arrived whole is waited for, or it would arrive twice. */
  pause(): void {
    if (this.progress.hasAttribute('value')) this.request?.abort();
  }

  send(url: string): Promise<void> {
    this.progress.hidden = false;
    this.progress.value = 0;
    this.say(word({ vi: 'Đang tải lên…', en: 'Uploading…' }));
    const data = new FormData();
    data.set('file', this.file);
    data.set('title', this.title.value);
    data.set('kind', this.kind.value);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open('POST', url);
      request.setRequestHeader('Accept', 'application/json');
      request.setRequestHeader('X-CSRF-Token', csrfToken());
      request.responseType = 'json';
      request.upload.addEventListener('progress', (event) => this.sent(event));
      request.addEventListener('abort', () => {
        this.progress.hidden = true;
        this.say(word({ vi: 'Tạm dừng, chưa gửi.', en: 'Paused, not sent.' }));
        resolve();
      });
      for (const end of ['load', 'error']) {
        request.addEventListener(end, () => {
          this.answered(request);
          resolve();
        });
      }
      request.send(data);
    });
  }

  private sent(event: ProgressEvent): void {
    this.progress.value = event.total ? event.loaded / event.total : 0;
    if (event.loaded === event.total) {
      this.progress.removeAttribute('value');
      this.say(word({ vi: 'Đang kiểm tra tệp…', en: 'Checking the file…' }));
    }
  }

  private answered(request: XMLHttpRequest): void {
    this.request = null;
    this.progress.hidden = true;
    this.done = request.status === 201;
    if (this.done) this.accepted(request.response as Accepted);
    else this.refused(request.response?.message);
  }

  private accepted(answer: Accepted): void {
    this.title.readOnly = true;
    this.kind.disabled = true;
    const parts = [
      word({ vi: `Đã nhận, ${answer.pages} trang`, en: `Received, ${answer.pages} pages` }),
      `SHA-256 ${answer.digest.slice(0, 16)}`,
    ];
    if (answer.removed) {
      parts.push(
        word({
          vi: `đã gỡ nội dung tự chạy (${answer.removed} chỗ)`,
          en: `active content removed (${answer.removed})`,
        }),
      );
    }
    this.say(parts.join(' · '));
  }

  private refused(message: unknown): void {
    const lost = word({
      vi: 'Chưa gửi được. Tệp vẫn còn ở đây; hãy thử lại khi có mạng.',
      en: 'Not sent. The file is still here; try again once online.',
    });
    this.say(typeof message === 'string' ? message : lost);
    this.said.classList.add('late');
  }

  private say(text: string): void {
    this.said.classList.remove('late');
    this.said.textContent = text;
  }
}

class Uploads {
  private readonly input: HTMLInputElement;
  private readonly list: HTMLElement;
  private readonly kinds: HTMLSelectElement;
  private sendings: Sending[] = [];
  private readonly pause = document.createElement('button');
  private sending: Sending | null = null;
  private isPaused = false;

  constructor(private readonly form: HTMLFormElement) {
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

  /** Nothing more is sent until "upload" is pressed again. */
  private stop(): void {
    this.isPaused = true;
    this.sending?.pause();
  }

  private take(files: FileList | null): void {
    for (const file of files ?? []) {
      const sending = new Sending(file, this.kinds);
      this.sendings.push(sending);
      this.list.append(sending.row);
    }
    this.input.value = '';
    this.input.required = false;
    this.list.hidden = this.sendings.length === 0;
  }

  private async sendAll(): Promise<void> {
    if (this.form.dataset.sending) return;
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
      await each.send(this.form.action);
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

/** `data-upload` on a form sends each file apart, with its progress and its result. */
export function enhanceUploads(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-upload]')) {
    new Uploads(form);
  }
}
