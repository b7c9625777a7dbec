// A pane beside the pages where there is room; over them, and asked for, where there is none.

export class Drawer {
  private readonly key: string;

  /** `name` marks the panes while it is shown, and remembers whether it is. */
  constructor(
    readonly root: HTMLElement,
    private readonly opener: HTMLElement,
    private readonly name: string,
  ) {
    this.key = `${name}:shown`;
    this.showBeside();
    let hadRoom = this.hasRoom;
    // Once a tablet is turned, what stood beside the pages must not lie over them; turned back, it
    // stands there again.
    new ResizeObserver(() => {
      if (hadRoom !== this.hasRoom) this.showBeside();
      hadRoom = this.hasRoom;
    }).observe(root.parentElement ?? root);
    opener.addEventListener('click', () => this.toggle());
    root.querySelector('[data-drawer-close]')?.addEventListener('click', () => this.leave());
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.hasRoom) this.leave();
    });
  }

  toggle(): void {
    const isShown = !this.isShown;
    if (this.hasRoom) localStorage.setItem(this.key, isShown ? 'yes' : 'no');
    this.show(isShown);
    if (isShown) this.root.focus();
  }

  /** What was chosen in it lies below it: it makes way. */
  makeWay(): void {
    if (!this.hasRoom) this.show(false);
  }

  private leave(): void {
    this.show(false);
    this.opener.focus();
  }

  private showBeside(): void {
    this.show(this.hasRoom && localStorage.getItem(this.key) !== 'no');
  }

  private get isShown(): boolean {
    return this.root.dataset.shown !== undefined;
  }

  private get hasRoom(): boolean {
    return getComputedStyle(this.root).position === 'relative';
  }

  private show(isShown: boolean): void {
    this.root.toggleAttribute('data-shown', isShown);
    this.root.parentElement?.toggleAttribute(`data-${this.name}-shown`, isShown);
    this.opener.setAttribute('aria-expanded', String(isShown));
    this.root.dispatchEvent(new Event(isShown ? 'drawer:shown' : 'drawer:hidden'));
  }
}
