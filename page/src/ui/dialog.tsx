// A dialog with a title; Escape, a click beside it and its button close it, and the focus goes back to where it was.

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";

export interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons below the content. */
  end?: ComponentChildren;
}

export function Dialog({ title, onClose, children, end }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const opened = dialog.current!;
    opened.showModal();
    return () => opened.close();
  }, []);
  return (
    <dialog
      class="dialog asks"
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="asks-head">
        <h2 id={id}>{title}</h2>
        <button class="button quiet" onClick={onClose} aria-label="Close" title="Close (Escape)"><Icon name="close" /></button>
      </div>
      <div class="asks-content">{children}</div>
      {end && <div class="asks-end line">{end}</div>}
    </dialog>
  );
}
