// Files for several items at once: each is put under the item that its name tells, and moved by
// dragging or by the field beside it.
import { Sending } from '../documents/sending';
import { Uploads } from '../documents/upload';
import { word } from '../words';
import { type By, match, type Target } from './match';
import { h } from './paint';

const why = (by: By): string =>
  ({
    number: word({ vi: 'xếp theo số trong tên tệp', en: 'placed by the number in its name' }),
    words: word({ vi: 'xếp theo tên', en: 'placed by its name' }),
    nothing: word({ vi: 'tên tệp không cho biết nội dung', en: 'its name tells no item' }),
  })[by];

export class Takings extends Uploads {
  private readonly items: HTMLSelectElement;
  private readonly targets: Target[];
  private readonly groups = new Map<string, HTMLElement>();
  private dragged: Sending | null = null;

  constructor(form: HTMLFormElement) {
    super(form);
    this.items = form.querySelector('[data-items]') as HTMLSelectElement;
    this.items.disabled = false;
    this.targets = [...this.items.options]
      .filter((each) => each.value)
      .map((each) => ({
        id: each.value,
        number: Number(each.dataset.number),
        title: each.dataset.title ?? '',
      }));
    for (const each of this.items.options) this.group(each);
  }

  private group(option: HTMLOptionElement): void {
    const rows = h('ul', { class: 'rows rows--2' });
    const group = h(
      'section',
      { hidden: true },
      h('h3', { class: 'strong padx' }, option.text),
      rows,
    );
    this.groups.set(option.value, group);
    this.list.append(group);
    if (option.disabled) return;
    group.addEventListener('dragover', (event) => {
      if (!this.dragged) return;
      event.preventDefault();
      event.stopPropagation();
      group.toggleAttribute('data-over', true);
    });
    group.addEventListener('dragleave', () => group.removeAttribute('data-over'));
    group.addEventListener('drop', (event) => {
      if (!this.dragged?.place) return;
      event.preventDefault();
      event.stopPropagation();
      this.dragged.place.field.value = option.value;
      this.put(this.dragged);
    });
  }

  protected override made(file: File): Sending {
    const found = match(file.name, this.targets);
    const option = [...this.items.options].find((each) => each.value === found.id);
    const takesNone = option?.disabled ? option.text : '';
    const field = this.items.cloneNode(true) as HTMLSelectElement;
    field.value = takesNone ? '' : found.id;
    field.hidden = false;
    field.setAttribute('aria-label', word({ vi: 'Nội dung', en: 'Item' }));
    const sending = new Sending(file, this.kinds, {
      title: found.title,
      field,
      why: takesNone || why(found.by),
    });
    field.addEventListener('change', () => {
      this.put(sending);
      // It stands elsewhere now: whoever moved it goes with it.
      field.focus();
    });
    this.listenForDrag(sending);
    return sending;
  }

  private listenForDrag(sending: Sending): void {
    const row = sending.row;
    row.draggable = true;
    row.addEventListener('dragstart', (event) => {
      // Words in a field are picked with the same movement.
      if (
        (document.activeElement as HTMLElement | null)?.closest('input') &&
        row.contains(document.activeElement)
      ) {
        event.preventDefault();
        return;
      }
      this.dragged = sending;
      // A page that moves while the drag begins ends it in Chromium.
      requestAnimationFrame(() => this.show(this.dragged !== null));
    });
    row.addEventListener('dragend', () => {
      this.dragged = null;
      this.show(false);
    });
  }

  protected override put(sending: Sending): void {
    const place = sending.place?.field.value ?? '';
    this.groups.get(place)?.querySelector('ul')?.append(sending.row);
    this.show(false);
  }

  protected override leave(sending: Sending): void {
    super.leave(sending);
    this.show(false);
  }

  /** Empty items are places to drop on, as long as something is dragged. */
  private show(all: boolean): void {
    for (const [place, group] of this.groups) {
      group.removeAttribute('data-over');
      group.hidden = !group.querySelector('li') && !(all && place);
    }
  }

  protected override to(sending: Sending): string | null {
    const item = sending.place?.field.value;
    return item ? `${this.form.dataset.items}/${item}/papers` : null;
  }
}
