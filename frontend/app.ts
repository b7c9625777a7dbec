// entry
import { startClocks } from './clock';
import { enhanceDays } from './days';
import { enhanceForms } from './forms';
import { word } from './words';

const THEME = 'theme';

function theme(): void {
  const chosen = localStorage.getItem(THEME) ?? '';
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
  for (const each of document.querySelectorAll<HTMLElement>('[data-choose-theme]')) {
    each.setAttribute('aria-pressed', String(each.dataset.chooseTheme === chosen));
  }
}

/** Where a browser will not copy, the words are left chosen for the reader to do it. */
async function copy(button: HTMLElement): Promise<void> {
  const field = document.querySelector<HTMLInputElement>(`#${button.dataset.copy}`);
  field?.select();
  const said = button.parentElement?.querySelector('[data-copied]');
  try {
    await navigator.clipboard.writeText(field?.value ?? '');
    said?.replaceChildren(word({ vi: 'Đã chép.', en: 'Copied.' }));
  } catch {
    said?.replaceChildren(word({ vi: 'Hãy chép phần đang chọn.', en: 'Copy what is chosen.' }));
  }
}

/** A menu that one has left would cover where one is now. */
function foldMenus(at: HTMLElement): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
    if (!menu.contains(at)) menu.open = false;
  }
}

/** Which file was chosen, on the field that stands for the browser's own. */
function nameChosen(field: HTMLInputElement): void {
  const said = field.parentElement?.querySelector('.file__b [data-chosen]');
  const none = word({ vi: 'Chưa chọn tệp', en: 'No file chosen' });
  said?.replaceChildren(field.files?.[0]?.name ?? none);
}

function chrome(): void {
  document.addEventListener('change', (event) => {
    const field = event.target as HTMLInputElement;
    if (field.type === 'file') nameChosen(field);
  });
  document.addEventListener('click', (event) => {
    const target = event.target as HTMLElement;
    const chooser = target.closest<HTMLElement>('[data-choose-theme]');
    if (chooser) {
      localStorage.setItem(THEME, chooser.dataset.chooseTheme ?? '');
      theme();
    }
    if (target.closest('[data-print]')) window.print();
    const copier = target.closest<HTMLElement>('[data-copy]');
    if (copier) void copy(copier);
    if (target.closest('[data-dismiss]')) target.closest('.toast')?.remove();
    const back = target.closest('[data-back]');
    if (back && history.length > 1) {
      event.preventDefault();
      history.back();
    }
    foldMenus(target);
  });
  document.addEventListener('focusin', (event) => foldMenus(event.target as HTMLElement));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    }
  });
  for (const toast of document.querySelectorAll('.toast[data-passing]')) {
    const leave = () =>
      toast.matches(':focus-within, :hover') ? setTimeout(leave, 2000) : toast.remove();
    setTimeout(leave, 10_000);
  }
}

theme();
chrome();
enhanceForms();
enhanceDays();
startClocks();
