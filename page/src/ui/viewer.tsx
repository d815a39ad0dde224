// Two pictures side by side in a dialog, zoomed in step; arrow keys go on to the next, Escape closes.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons";
import { Picture } from "./picture";
import { inStep, type Zoom } from "./zoom";

export interface Side {
  handle: string;
  title: string;
  alt: string;
}

export interface ViewerProps {
  /** What it is looked at beside; null where that has no picture. */
  left: Side | null;
  right: Side;
  version: number;
  /** Where one is, such as "3 of 12". */
  place: string;
  onPrevious?: () => void;
  onNext?: () => void;
  onClose: () => void;
  /** What is said beside the pictures. */
  children?: ComponentChildren;
}

export function Viewer({ left, right, version, place, onPrevious, onNext, onClose, children }: ViewerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const panes = useRef<HTMLDivElement>(null);
  const zoom = useRef<Zoom | null>(null);
  useLayoutEffect(() => {
    const opened = dialog.current!;
    opened.showModal();
    // Closing gives the focus back to where it was.
    return () => opened.close();
  }, []);
  useEffect(() => {
    const made = (zoom.current = inStep([...panes.current!.querySelectorAll<HTMLElement>(".zoomed")]));
    return () => made.destroy();
  }, [left === null]);
  const keys: Record<string, (() => void) | undefined> = {
    ArrowLeft: onPrevious,
    ArrowRight: onNext,
    "+": () => zoom.current!.by(1),
    "=": () => zoom.current!.by(1),
    "-": () => zoom.current!.by(-1),
    "0": () => zoom.current!.by(0),
  };
  return (
    <dialog
      class="dialog viewer"
      ref={dialog}
      aria-label={right.alt}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
      onKeyDown={(event) => {
        const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
        if (!act) return;
        event.preventDefault();
        act();
      }}
    >
      <div class="viewer-bar">
        <button class="button" disabled={!onPrevious} onClick={onPrevious} aria-label="Previous" title="Previous (left arrow)"><Icon name="previous" /></button>
        <span class="place" role="status">{place}</span>
        <button class="button" disabled={!onNext} onClick={onNext} aria-label="Next" title="Next (right arrow)"><Icon name="next" /></button>
        <span class="between" />
        <button class="button" onClick={() => zoom.current!.by(-1)} aria-label="Zoom out" title="Zoom out (-)">−</button>
        <button class="button" onClick={() => zoom.current!.by(0)} title="Show all (0)">Fit</button>
        <button class="button" onClick={() => zoom.current!.by(1)} aria-label="Zoom in" title="Zoom in (+)">+</button>
        <button class="button close" onClick={onClose} aria-label="Close" title="Close (Escape)"><Icon name="close" /></button>
      </div>
      <div class="panes" ref={panes}>
        {left && <Pane side={left} version={version} />}
        <Pane side={right} version={version} />
      </div>
      <div class="viewer-facts">{children}</div>
    </dialog>
  );
}

function Pane({ side, version }: { side: Side; version: number }) {
  return (
    <figure class="pane">
      <div class="pane-window">
        <div class="zoomed"><Picture of={side.handle} side={512} version={version} alt={side.alt} /></div>
      </div>
      <figcaption>{side.title}</figcaption>
    </figure>
  );
}
