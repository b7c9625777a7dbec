// One file on its way in: in pieces, so that a line that breaks costs no more than one of them.
import { Refusal, send } from '../http';
import { word } from '../words';
import { fold } from './filter';

type Words = { vi: string; en: string };
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

const PIECE = 512 * 1024;
const LONGEST_NAME = 300;
/** After so long a broken line is tried again, if the browser has not said before that it is back. */
const AGAIN_MS = 5000;
/** The line, or what stands in front of a server that is just starting again. */
const LINE = [0, 502, 503, 504];

const UNDER_WAY = { vi: 'Đang tải lên…', en: 'Uploading…' };
const PAUSED = { vi: 'Tạm dừng', en: 'Paused' };
const BROKEN = {
  vi: 'Mất kết nối; tự gửi tiếp từ chỗ này khi có mạng',
  en: 'The line is down; it goes on from here by itself',
};
const UNKNOWN = {
  vi: 'Mất kết nối khi máy chủ đang kiểm tra tệp. Xem tệp đã có trong danh sách chưa rồi hãy gửi lại.',
  en: 'The line went down while the server checked the file. See whether it is in the list before you send it again.',
};

const isLine = (wrong: unknown): boolean => wrong instanceof Refusal && LINE.includes(wrong.status);

const digestOf = async (file: File): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** Until the line may be back, or nobody waits for it any more. */
const lineMayBeBack = (given: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      window.removeEventListener('online', over);
      given.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, AGAIN_MS);
    window.addEventListener('online', over);
    given.addEventListener('abort', over);
  });

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
  private cut = new AbortController();
  private digest = '';
  private received = 0;
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

  /** Stops what is under way; what has arrived whole is waited for. */
  pause(): void {
    this.cut.abort();
  }

  /** Goes on from where it broke off, also in an earlier page. */
  async send(url: string): Promise<void> {
    this.cut = new AbortController();
    this.progress.hidden = false;
    try {
      this.digest ||= await digestOf(this.file);
      await this.sendPieces();
    } catch (wrong) {
      if (this.cut.signal.aborted) this.say(this.stands(PAUSED));
      else this.refused(wrong);
      return;
    }
    await this.handIn(url);
  }

  private async sendPieces(): Promise<void> {
    const { signal } = this.cut;
    const where = `/incoming/${this.digest}`;
    let isKnown = false;
    while (!isKnown || this.received < this.file.size) {
      try {
        const answer = await send<{ received: number }>(where, {
          body: isKnown ? this.piece() : undefined,
          signal,
        });
        isKnown = true;
        this.received = answer.received;
        this.shows();
      } catch (wrong) {
        if (!isLine(wrong)) throw wrong;
        // What came in before the line broke is known there alone.
        isKnown = false;
        this.say(this.stands(BROKEN));
        await lineMayBeBack(signal);
        signal.throwIfAborted();
      }
    }
    signal.throwIfAborted();
  }

  private piece(): FormData {
    const data = new FormData();
    data.set('at', String(this.received));
    data.set('file', this.file.slice(this.received, this.received + PIECE), this.file.name);
    return data;
  }

  private async handIn(url: string): Promise<void> {
    this.progress.removeAttribute('value');
    this.say(word({ vi: 'Đang kiểm tra tệp…', en: 'Checking the file…' }));
    const data = new FormData();
    data.set('sent', this.digest);
    data.set('name', this.file.name.slice(-LONGEST_NAME));
    data.set('title', this.title.value);
    data.set('kind', this.kind.value);
    try {
      this.accepted(await send<Accepted>(url, { body: data }));
    } catch (wrong) {
      // Sent again without a look, it could stand there twice.
      this.refused(isLine(wrong) ? new Error(word(UNKNOWN)) : wrong);
    }
    this.progress.hidden = true;
  }

  private shows(): void {
    this.progress.value = this.file.size ? this.received / this.file.size : 1;
    this.say(this.stands(UNDER_WAY));
  }

  private stands(words: Words): string {
    const share = Math.floor((100 * this.received) / (this.file.size || 1));
    return `${word(words)} (${share}%)`;
  }

  private accepted(answer: Accepted): void {
    this.done = true;
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

  private refused(wrong: unknown): void {
    this.progress.hidden = true;
    this.say(wrong instanceof Error ? wrong.message : String(wrong));
    this.said.classList.add('late');
  }

  /** It is not sent before somebody says where to. */
  asksWhere(): void {
    this.refused(
      new Error(
        word({
          vi: 'Chọn nội dung của tệp này rồi gửi.',
          en: 'Choose the item of this file, then send.',
        }),
      ),
    );
    this.place?.field.focus();
  }

  private say(text: string): void {
    this.said.classList.remove('late');
    this.said.textContent = text;
  }
}
