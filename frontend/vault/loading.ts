/** Brings papers into the vault. */
import type { Answer } from '../documents/notes/note';
import { answered, Refusal } from '../http';
import { word } from '../words';
import type { Leased, Pack, Vault } from './vault';

/** Whether this browser can keep papers at all: outside a secure context it has neither. */
export const canKeep = (): boolean => 'serviceWorker' in navigator && 'subtle' in crypto;

/** The pages by which papers are read without a line are here, and in force. */
export async function prepare(): Promise<void> {
  const worker = `/sw.js?lang=${document.documentElement.lang}`;
  await navigator.serviceWorker.register(worker, { updateViaCache: 'none' });
  await navigator.serviceWorker.ready;
  await navigator.storage?.persist?.();
}

/** Told of each paper as it comes, by its edition. */
export interface Heard {
  share(edition: number, share: number): void;
  kept(edition: number, leased: Leased): void;
  refused(edition: number, why: Refusal): void;
}

/** What is said of a paper before it comes, or of why it does not. */
type Said = (Leased & { notes: Answer }) | { edition_id: number; refused: Record<string, unknown> };

/** Take these editions into the vault, in one answer: their marked copies and one's notes on them.
 *  Throws where it ends before the last; what was whole by then stays. */
export async function load(
  vault: Vault,
  editions: number[],
  packOf: (edition: number) => Pack,
  heard: Heard,
): Promise<void> {
  for (let from = 0; from < editions.length; from += AT_ONCE) {
    await loadPart(vault, editions.slice(from, from + AT_ONCE), packOf, heard);
  }
}

const AT_ONCE = 200;

async function loadPart(
  vault: Vault,
  editions: number[],
  packOf: (edition: number) => Pack,
  heard: Heard,
): Promise<void> {
  const answer = await answered('/vault/leases', { body: { vault: vault.secret, editions } });
  if (!answer.body) throw cut();
  const reader = answer.body.getReader();
  try {
    await keepAll(vault, new Coming(reader), editions.length, packOf, heard);
  } finally {
    // What is not read on would keep its line.
    void reader.cancel().catch(() => {});
  }
}

async function keepAll(
  vault: Vault,
  coming: Coming,
  count: number,
  packOf: (edition: number) => Pack,
  heard: Heard,
): Promise<void> {
  for (let left = count; left; left -= 1) {
    const said = await coming.said<Said>();
    const edition = said.edition_id;
    if ('refused' in said) {
      const { code, message } = said.refused;
      heard.refused(edition, new Refusal(409, String(code), String(message), said.refused));
      continue;
    }
    const { notes, ...leased } = said;
    const content = await coming.bytes(leased.size, (share) => heard.share(edition, share));
    await vault.keepNotes(edition, 'known', notes);
    await vault.keep({ ...leased, pack: packOf(edition) }, content);
    heard.kept(edition, leased);
  }
}

/** As soon as the server has room: where a whole hall takes its papers along, some wait. */
export async function inTurn(
  act: () => Promise<void>,
  say: (words: string) => void,
): Promise<void> {
  for (;;) {
    try {
      return await act();
    } catch (wrong) {
      if (!(wrong instanceof Refusal) || wrong.status !== 429) throw wrong;
      say(
        word({
          vi: 'Nhiều người đang tải cùng lúc: máy chủ sẽ gửi đến máy này trong ít giây nữa.',
          en: 'Many are loading at once: the server will get to this device in some seconds.',
        }),
      );
      const seconds = Number(wrong.body.wait_seconds) || 1;
      await new Promise((go) => setTimeout(go, seconds * 1000 * (0.5 + Math.random())));
      say('');
    }
  }
}

const LENGTH_BYTES = 4;

/** An answer that is read by lengths. */
class Coming {
  private rest: Uint8Array = new Uint8Array();

  constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array>) {}

  async said<What>(): Promise<What> {
    const length = new DataView((await this.bytes(LENGTH_BYTES)).buffer).getUint32(0);
    return JSON.parse(new TextDecoder().decode(await this.bytes(length)));
  }

  async bytes(size: number, tell?: (share: number) => void): Promise<Uint8Array<ArrayBuffer>> {
    const content = new Uint8Array(size);
    for (let place = 0; place < size; ) {
      if (!this.rest.length) await this.read();
      const part = this.rest.subarray(0, size - place);
      content.set(part, place);
      place += part.length;
      this.rest = this.rest.subarray(part.length);
      tell?.(place / size);
    }
    return content;
  }

  private async read(): Promise<void> {
    const { done, value } = await this.reader.read().catch(() => {
      throw cut();
    });
    if (done) throw cut();
    this.rest = value;
  }
}

/** Why a press brought not all, in words: of what nobody foresaw as well. */
export function whyNot(wrong: unknown): string {
  if (wrong instanceof Refusal) return wrong.message;
  const isFull = wrong instanceof DOMException && wrong.name === 'QuotaExceededError';
  return isFull
    ? word({
        vi: 'Máy này hết chỗ để giữ thêm tài liệu. Hãy xóa bớt tài liệu đã tải về rồi thử lại.',
        en: 'This device has no room for more papers. Remove some that it keeps and try again.',
      })
    : word({
        vi: 'Chưa tải hết vì máy này gặp lỗi. Phần đã tải xong vẫn còn. Hãy thử lại.',
        en: 'Not all was loaded: this device failed. What was loaded whole stays. Try again.',
      });
}

const cut = (): Refusal =>
  new Refusal(
    0,
    'offline',
    word({
      vi: 'Chưa tải hết: đường truyền bị ngắt. Phần đã tải xong vẫn còn. Hãy thử lại khi có mạng.',
      en: 'Not all was loaded: the line was cut. What was loaded whole stays. Try again once online.',
    }),
  );
