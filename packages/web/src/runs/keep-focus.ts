/** When what had the focus is gone, as a choice that was taken, it goes to the first field of the menu: Escape still closes it. */
export function keepFocus(menu: HTMLElement | null): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) menu?.querySelector("input")?.focus();
  });
}
