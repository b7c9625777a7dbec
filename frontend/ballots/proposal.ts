/** What an adviser proposes, beside the form: taken, taken and edited, or set aside, in one tap. */
interface Entered {
  choice: string;
  opinion: string;
}

const ignored = (person: number, consultation: number): string =>
  `ballot-ignored:${person}:${consultation}`;

export function offerProposals(
  form: HTMLFormElement,
  opinion: HTMLTextAreaElement,
  person: number,
  consultation: number,
): void {
  const radios = [...form.querySelectorAll<HTMLInputElement>('input[name=choice]')];
  const taken = form.querySelector<HTMLElement>('[data-taken]') as HTMLElement;
  const name = ignored(person, consultation);
  let before: Entered = { choice: '', opinion: '' };

  const entered = (): Entered => ({
    choice: radios.find((each) => each.checked)?.value ?? '',
    opinion: opinion.value,
  });
  const enter = (answer: Entered, isTaken: boolean): void => {
    for (const each of radios) each.checked = each.value === answer.choice;
    opinion.value = answer.opinion;
    taken.hidden = !isTaken;
    form.dispatchEvent(new Event('input'));
  };

  for (const box of document.querySelectorAll<HTMLElement>('[data-proposal]')) {
    const key = box.dataset.proposal ?? '';
    const body = box.querySelector<HTMLElement>('[data-proposal-body]') as HTMLElement;
    const aside = box.querySelector<HTMLElement>('[data-ignored]') as HTMLElement;
    const show = (isShown: boolean): void => {
      body.hidden = !isShown;
      aside.hidden = isShown;
    };
    show(localStorage.getItem(name) !== key);
    for (const button of box.querySelectorAll<HTMLElement>('[data-take]')) {
      button.addEventListener('click', () => {
        if (taken.hidden) before = entered();
        const said = box.querySelector('[data-proposal-opinion]')?.textContent ?? '';
        enter({ choice: box.dataset.choice ?? '', opinion: said }, true);
        if (button.dataset.take !== 'edit') {
          taken.scrollIntoView({ block: 'nearest' });
          return;
        }
        opinion.focus();
        opinion.setSelectionRange(said.length, said.length);
      });
    }
    box.querySelector('[data-ignore]')?.addEventListener('click', () => {
      localStorage.setItem(name, key);
      show(false);
    });
    box.querySelector('[data-show-again]')?.addEventListener('click', () => {
      localStorage.removeItem(name);
      show(true);
    });
  }
  form.querySelector('[data-untake]')?.addEventListener('click', () => enter(before, false));
}
