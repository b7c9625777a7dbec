// A paper's bytes, in ranges. A line that is down costs time alone: PDF.js itself asks for a range
// once, and a page whose range did not come stays empty.
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs';
import { isLine, lineMayBeBack, offline, type Refusal, refusalOf } from '../http';

export const RANGE = 65_536;
const PARTIAL = 206;

/** All of a paper, and until when it may be read without asking, in milliseconds. */
export type Whole = { bytes: Uint8Array; ends: number };

/** Whoever shows the paper. */
export interface Told {
  /** All of it, where this device keeps it and may read it without a line. */
  kept(): Promise<Whole | undefined>;
  /** Whether it waits for the line. */
  waits(does: boolean): void;
  /** The server gives no more of it. */
  refused(wrong: Refusal): void;
}

type Piece = { bytes: Uint8Array; size: number };

export class Ranges extends pdfjs.PDFDataRangeTransport {
  private waiting = 0;
  private whole: Whole | undefined;

  /** With its beginning, asked for by `url`; rejected with a Refusal, or once `cut` is aborted. */
  static async open(url: string, told: Told, cut: AbortSignal): Promise<Ranges> {
    const asking = new Ranges(url, told, cut);
    const { bytes, size } = await asking.piece(0, RANGE);
    asking.length = size;
    asking.initialData = bytes;
    asking.progressiveDone = bytes.length >= size;
    return asking;
  }

  private constructor(
    private readonly url: string,
    private readonly told: Told,
    private readonly cut: AbortSignal,
  ) {
    super(0, null);
  }

  override requestDataRange(begin: number, end: number): void {
    this.piece(begin, end)
      .then(({ bytes }) => this.cut.aborted || this.onDataRange(begin, bytes))
      .catch((wrong) => this.cut.aborted || this.told.refused(wrong));
  }

  private async piece(begin: number, end: number): Promise<Piece> {
    let waited = false;
    try {
      for (;;) {
        try {
          return this.ofWhole(begin, end) ?? (await this.asked(begin, end));
        } catch (wrong) {
          this.cut.throwIfAborted();
          if (!isLine(wrong)) throw wrong;
        }
        this.whole = await this.told.kept();
        if (this.whole) continue;
        if (!waited) this.wait(1);
        waited = true;
        await lineMayBeBack(this.cut);
        this.cut.throwIfAborted();
      }
    } finally {
      if (waited) this.wait(-1);
    }
  }

  private wait(more: 1 | -1): void {
    this.waiting += more;
    if (!this.cut.aborted) this.told.waits(this.waiting > 0);
  }

  private ofWhole(begin: number, end: number): Piece | undefined {
    if (!this.whole || this.whole.ends <= Date.now()) return undefined;
    const { bytes } = this.whole;
    // PDF.js takes the bytes away, so it gets a copy of its own.
    return { bytes: bytes.slice(begin, end), size: bytes.length };
  }

  private async asked(begin: number, end: number): Promise<Piece> {
    const headers = { Range: `bytes=${begin}-${end - 1}` };
    const answer = await fetch(this.url, { headers, signal: this.cut }).catch(() => {
      throw offline();
    });
    if (!answer.ok) throw await refusalOf(answer);
    const came = await answer.arrayBuffer().catch(() => {
      throw offline();
    });
    const bytes = new Uint8Array(came);
    // A server in front may give all where a part was asked for.
    if (answer.status !== PARTIAL) return { bytes: bytes.slice(begin), size: bytes.length };
    return { bytes, size: Number(answer.headers.get('Content-Range')?.split('/')[1]) };
  }
}
