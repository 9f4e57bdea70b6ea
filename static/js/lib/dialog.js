// Modal dialogs on the native element: focus goes in, stays in, and returns where it was.

/** Opens `dialog`; resolves with its return value when it closes. A click beside the box closes
    it, as Escape does. */
export function openDialog(dialog, { focus = null } = {}) {
  const before = document.activeElement;
  dialog.returnValue = "";
  dialog.showModal();
  (focus ?? dialog.querySelector("[autofocus], button") ?? dialog).focus();
  const outside = (event) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  };
  dialog.addEventListener("pointerdown", outside);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.removeEventListener("pointerdown", outside);
      // preventScroll: the reader stays at the passage that was just coded.
      if (before?.isConnected) before.focus({ preventScroll: true });
      resolve(dialog.returnValue);
    }, { once: true });
  });
}
