import { useEffect, useRef } from "react";

/** A dialog that is open as long as it is there; Escape closes it. */
export function useDialog(onClose: () => void) {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = place.current;
    if (!dialog) return;
    if (!dialog.open) dialog.showModal();
    dialog.addEventListener("close", onClose);
    return () => dialog.removeEventListener("close", onClose);
  }, [onClose]);
  return place;
}
