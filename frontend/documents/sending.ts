// One file on its way in.
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

/** Where a file is sent to, as its name tells, and the field that says otherwise. */
export type Place = { title: string; field: HTMLSelectElement; why: string };

/** One chosen file: its title and kind, how far it is, what became of it. */
export class Sending {
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
    readonly place?: Place,
  ) {
    this.title.className = 'input';
    this.title.value = titleOf(place?.title ?? file.name);
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
    this.say(place ? `${file.name} · ${place.why}` : file.name);
    this.build();
  }

  private build(): void {
    this.row.className = 'row';
    const margin = document.createElement('span');
    margin.className = 'row__m';
    const body = document.createElement('div');
    body.className = 'row__b sent';
    body.append(this.title, this.kind);
    if (this.place) body.append(this.place.field);
    body.append(this.progress, this.said);
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
    if (this.place) this.place.field.disabled = true;
    this.row.draggable = false;
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

  /** It is not sent before somebody says where to. */
  asksWhere(): void {
    this.refused(
      word({
        vi: 'Chọn nội dung của tệp này rồi gửi.',
        en: 'Choose the item of this file, then send.',
      }),
    );
    this.place?.field.focus();
  }

  private say(text: string): void {
    this.said.classList.remove('late');
    this.said.textContent = text;
  }
}
