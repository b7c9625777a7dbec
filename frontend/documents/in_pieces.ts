// entry
// A form that brings one file beside other fields: `data-pieces` on it sends the file before the
// rest, in pieces, with its progress, and the rest as every form is sent.
import { show, submit } from '../forms';
import { Refusal } from '../http';
import { word } from '../words';
import { Pieces } from './pieces';

const UNKNOWN = {
  vi: 'Mất kết nối khi máy chủ đang kiểm tra tệp. Mở lại trang này xem việc đã được ghi nhận chưa rồi hãy gửi lại.',
  en: 'The line went down while the server checked the file. Open this page again and see whether it was done before you send it again.',
};

class InPieces {
  private readonly place = document.createElement('div');
  private readonly pause = document.createElement('button');
  private pieces: Pieces | null = null;
  private isWhole = false;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly field: HTMLInputElement,
  ) {
    this.place.className = 'sent';
    field.closest('.field')?.append(this.place);
    this.pause.className = 'btn';
    this.pause.type = 'button';
    this.pause.textContent = word({ vi: 'Tạm dừng', en: 'Pause' });
    this.pause.addEventListener('click', () => this.pieces?.pause());
    form.addEventListener('formdata', ({ formData }) => {
      if (!this.isWhole) return;
      formData.delete(field.name);
      this.pieces?.put(formData);
    });
    field.addEventListener('change', () => this.place.replaceChildren());
  }

  async send(file: File, button: HTMLElement | null): Promise<void> {
    if (this.form.dataset.sending) return;
    if (this.pieces?.file !== file) this.pieces = new Pieces(file);
    this.place.replaceChildren(this.pieces.progress, this.pieces.said);
    try {
      this.isWhole = await this.locked(button, this.pieces);
    } catch (wrong) {
      if (!(wrong instanceof Refusal)) throw wrong;
      show(this.form, wrong);
      this.pieces.ended('');
      return;
    }
    if (!this.isWhole) return;
    await submit(this.form, button, word(UNKNOWN));
    this.isWhole = false;
    // Refused: what was wrong stands on top of the form, and the file is as it was chosen.
    if (!this.form.dataset.sending) this.place.replaceChildren();
  }

  /** All pieces of a file that nobody exchanges, nor sends twice, meanwhile. */
  private async locked(button: HTMLElement | null, pieces: Pieces): Promise<boolean> {
    this.form.dataset.sending = 'yes';
    this.field.disabled = true;
    button?.setAttribute('aria-busy', 'true');
    button?.after(this.pause);
    try {
      return await pieces.send();
    } finally {
      if (document.activeElement === this.pause) button?.focus();
      this.pause.remove();
      button?.removeAttribute('aria-busy');
      this.field.disabled = false;
      delete this.form.dataset.sending;
    }
  }
}

const known = new WeakMap<HTMLFormElement, InPieces>();

// Before what sends every form; a page read anew may bring other forms.
document.addEventListener(
  'submit',
  (event) => {
    const form = event.target as HTMLFormElement;
    if (form.dataset.pieces === undefined) return;
    const field = form.querySelector<HTMLInputElement>('input[type="file"]');
    const file = field?.files?.[0];
    if (!field || !file) return;
    event.preventDefault();
    const its = known.get(form) ?? new InPieces(form, field);
    known.set(form, its);
    void its.send(file, event.submitter);
  },
  true,
);
