// The cases that were ticked, and the question about them.

import { useState } from "preact/hooks";

const QUESTION = "What do these cases show, and how do they differ?";

export interface ChosenProps {
  chosen: string[];
  /** Missing where the host takes no message. */
  ask?: (question: string) => Promise<unknown>;
  /** Whether the assistant knows which were ticked without being asked. */
  told: boolean;
  clear: () => void;
}

export function ChosenBar({ chosen, ask, told, clear }: ChosenProps) {
  const [question, setQuestion] = useState(QUESTION);
  const send = () => void ask?.(question.trim() || QUESTION);
  // No form: hosts' sandboxes let none be sent, and then it does not even tell us.
  return (
    <div class="talk-chosen line" role="group" aria-label="Chosen cases">
      <b>{chosen.length} chosen</b>
      {ask ? (
        <>
          <input class="field" aria-label="Question" value={question} maxLength={1000} onInput={(event) => setQuestion(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && send()} />
          <button class="button main" onClick={send}>Ask about these</button>
        </>
      ) : (
        <span class="soft">{told ? "The assistant knows which: ask it." : `Name them to the assistant: ${chosen.join(", ")}`}</span>
      )}
      <button class="button quiet" onClick={clear}>Clear</button>
    </div>
  );
}
