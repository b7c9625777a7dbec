// A file on its way in: in pieces, so that a line that breaks costs no more than one of them.
import { isLine, lineMayBeBack, send } from '../http';
import { word } from '../words';

type Words = { vi: string; en: string };

const PIECE = 512 * 1024;
const LONGEST_NAME = 300;

const UNDER_WAY = { vi: 'Đang tải lên…', en: 'Uploading…' };
const PAUSED = { vi: 'Tạm dừng', en: 'Paused' };
const BROKEN = {
  vi: 'Mất kết nối; tự gửi tiếp từ chỗ này khi có mạng',
  en: 'The line is down; it goes on from here by itself',
};
const CHECKING = { vi: 'Đang kiểm tra tệp…', en: 'Checking the file…' };

const digestOf = async (file: File): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** How far one file is, and what became of it, in a bar and in words. */
export class Pieces {
  readonly progress = document.createElement('progress');
  readonly said = document.createElement('p');
  private cut = new AbortController();
  private digest = '';
  private received = 0;

  constructor(readonly file: File) {
    this.progress.max = 1;
    this.progress.hidden = true;
    this.said.className = 'meta sent__said';
    this.said.setAttribute('role', 'status');
  }

  /** Stops what is under way; what has arrived whole is waited for. */
  pause(): void {
    this.cut.abort();
  }

  /** Goes on from where it broke off, also in an earlier page; whether all of it is there now. */
  async send(): Promise<boolean> {
    this.cut = new AbortController();
    this.progress.hidden = false;
    try {
      this.digest ||= await digestOf(this.file);
      await this.sendAll();
    } catch (wrong) {
      if (!this.cut.signal.aborted) throw wrong;
      this.say(this.stands(PAUSED));
      return false;
    }
    this.progress.removeAttribute('value');
    this.say(word(CHECKING));
    return true;
  }

  /** What stands in the file's place in the form that brings it. */
  put(data: FormData): void {
    data.set('sent', this.digest);
    data.set('name', this.file.name.slice(-LONGEST_NAME));
  }

  ended(words: string): void {
    this.progress.hidden = true;
    this.say(words);
  }

  say(words: string): void {
    this.said.classList.remove('late');
    this.said.textContent = words;
  }

  private async sendAll(): Promise<void> {
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

  private shows(): void {
    this.progress.value = this.file.size ? this.received / this.file.size : 1;
    this.say(this.stands(UNDER_WAY));
  }

  private stands(words: Words): string {
    const share = Math.floor((100 * this.received) / (this.file.size || 1));
    return `${word(words)} (${share}%)`;
  }
}
