// One file of several that become papers.
import { isLine, send } from '../http';
import { word } from '../words';
import { fold } from './filter';
import { Pieces } from './pieces';

type Accepted = { pages: number; digest: string; removed: number; was_signed: boolean };

/** By what stands in a file's name, what kind of paper it probably is. */
const GUESSES: [string, RegExp][] = [
  ['summary_submission', /tom tat/],
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

const UNKNOWN = {
  vi: 'Mất kết nối khi máy chủ đang kiểm tra tệp. Xem tệp đã có trong danh sách chưa rồi hãy gửi lại.',
  en: 'The line went down while the server checked the file. See whether it is in the list before you send it again.',
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
  private readonly pieces: Pieces;
  private readonly title = document.createElement('input');
  private readonly kind: HTMLSelectElement;
  private readonly leave = document.createElement('button');

  constructor(
    readonly file: File,
    kinds: HTMLSelectElement,
    readonly place?: Place,
  ) {
    this.pieces = new Pieces(file);
    this.title.className = 'input';
    this.title.value = titleOf(place?.title ?? file.name);
    this.title.maxLength = 500;
    this.title.setAttribute('aria-label', word({ vi: 'Tên tài liệu', en: 'Title' }));
    this.kind = kinds.cloneNode(true) as HTMLSelectElement;
    this.kind.removeAttribute('id');
    this.kind.value = guess(file.name);
    this.kind.setAttribute('aria-label', word({ vi: 'Loại', en: 'Kind' }));
    this.pieces.say(place ? `${file.name} · ${place.why}` : file.name);
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
    this.leave.type = 'button';
    this.leave.className = 'btn btn--quiet';
    this.leave.textContent = word({ vi: 'Bỏ', en: 'Take off' });
    this.leave.setAttribute('aria-label', `${this.leave.textContent}: ${this.file.name}`);
    this.leave.addEventListener('click', () =>
      this.row.dispatchEvent(new Event('sending:left', { bubbles: true })),
    );
    body.append(this.pieces.progress, this.pieces.said, this.leave);
    this.row.append(margin, body);
  }

  /** Stops what is under way; what has arrived whole is waited for. */
  pause(): void {
    this.pieces.pause();
  }

  /** Goes on from where it broke off, also in an earlier page. */
  async send(url: string): Promise<void> {
    this.leave.hidden = true;
    await this.sendPieces(url);
    this.leave.hidden = this.done;
  }

  private async sendPieces(url: string): Promise<void> {
    try {
      if (!(await this.pieces.send())) return;
    } catch (wrong) {
      this.refused(wrong);
      return;
    }
    const data = new FormData();
    this.pieces.put(data);
    data.set('title', this.title.value);
    data.set('kind', this.kind.value);
    try {
      this.accepted(await send<Accepted>(url, { body: data }));
    } catch (wrong) {
      // Sent again without a look, it could stand there twice.
      this.refused(isLine(wrong) ? new Error(word(UNKNOWN)) : wrong);
    }
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
    this.pieces.ended(parts.join(' · '));
  }

  private refused(wrong: unknown): void {
    this.pieces.ended(wrong instanceof Error ? wrong.message : String(wrong));
    this.pieces.said.classList.add('late');
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
}
