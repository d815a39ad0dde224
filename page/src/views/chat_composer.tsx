// Where a question is written, and pictures are attached to it.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useCaseBase, useShared } from "../context";
import { BringButtons, BringLines, type Held, useBring } from "../ui/bring";
import { Icon } from "../ui/icons";

export interface ComposerProps {
  /** Handle of a picture to attach from the start. */
  of: string | null;
  running: boolean;
  /** Whether the question was taken. */
  onAsk: (question: string, pictures: Held[]) => Promise<boolean>;
  onStop: (() => void) | null;
  children: ComponentChildren;
}

const named = (handle: string): Held => ({ handle, name: handle.startsWith("case:") ? handle : "picture" });

export function Composer({ of, running, onAsk, onStop, children }: ComposerProps) {
  const { api } = useShared();
  const { version } = useCaseBase();
  const [text, setText] = useState("");
  const [pictures, setPictures] = useState<Held[]>(of ? [named(of)] : []);
  const input = useRef<HTMLTextAreaElement>(null);
  const bringing = useBring((held) => setPictures((before) => [...before, ...held.filter((one) => before.every((other) => other.handle !== one.handle))]));
  useEffect(() => input.current!.focus({ preventScroll: true }), []);
  const ask = async () => {
    if (!text.trim() || running) return;
    if (await onAsk(text.trim(), pictures)) {
      setText("");
      setPictures([]);
    }
  };
  return (
    <div class="chat-composer panel" role="group" aria-label="Message">
      {children}
      <BringLines bringing={bringing} drop="Drop to attach" />
      {pictures.length > 0 && (
        <ul class="chat-attached">
          {pictures.map((one) => (
            <li key={one.handle}>
              <img src={api.address(one.handle, 192, version)} alt={one.name} title={one.name} />
              <button type="button" aria-label={`Remove ${one.name}`} onClick={() => setPictures(pictures.filter((other) => other !== one))}><Icon name="close" /></button>
            </li>
          ))}
        </ul>
      )}
      <textarea
        ref={input}
        class="field"
        rows={2}
        aria-label="Your question"
        placeholder="Ask about the pictures or the cases"
        value={text}
        maxLength={20000}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
          event.preventDefault();
          void ask();
        }}
      />
      <div class="line chat-buttons">
        <BringButtons bringing={bringing} />
        {running ? (
          <button type="button" class="button main" disabled={!onStop} onClick={onStop ?? undefined}><Icon name="stop" /> Stop</button>
        ) : (
          <button type="button" class="button main" disabled={!text.trim()} onClick={() => void ask()}><Icon name="send" /> Send</button>
        )}
      </div>
    </div>
  );
}
