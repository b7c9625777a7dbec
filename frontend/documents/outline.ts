// The paper's own table of contents.
import type { PaperPane } from './pane';
import type { Entry } from './pdf';

/** Fill the list; where the paper has none, the words that say so stay. */
export async function showOutline(
  root: HTMLElement,
  pane: PaperPane,
  chosen: () => void,
): Promise<void> {
  const entries = await pane.view.outline().catch((): Entry[] => []);
  const choose = (entry: Entry) => {
    pane.view.goTo(entry.target);
    chosen();
  };
  (root.querySelector('[data-outline-none]') as HTMLElement).hidden = entries.length > 0;
  root
    .querySelector('[data-outline]')
    ?.replaceChildren(...entries.map((each) => row(each, choose)));
}

function row(entry: Entry, choose: (entry: Entry) => void): HTMLElement {
  const made = document.createElement('li');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'outline__t';
  button.textContent = entry.title;
  button.addEventListener('click', () => choose(entry));
  made.append(button);
  if (entry.within.length) {
    const inner = document.createElement('ul');
    inner.append(...entry.within.map((each) => row(each, choose)));
    made.append(inner);
  }
  return made;
}
