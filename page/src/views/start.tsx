// First use: nothing is open yet. Says what this is, and offers something to look at.

import { useState } from "preact/hooks";
import { useShared } from "../context";
import { useCall, WorkLine } from "../ui/work";

export function StartView() {
  const { refresh } = useShared();
  const [asked, setAsked] = useState(false);
  const work = useCall("try_sample", asked ? {} : null);
  if (work.result) void refresh();
  return (
    <>
      <h1>Look up similar cases, and use them as evidence</h1>
      <p>Labelled pictures of skin become a case base. Show it a picture, and it finds the cases that look most alike.</p>
      <p>See what they vote, what a classifier says, and what a language model would be told of them.</p>
      <p>All of it on this machine: nothing leaves it before the page has named who receives it.</p>
      <div class="line">
        <button class="button main" disabled={asked && work.running} onClick={() => (asked ? work.again() : setAsked(true))}>
          Try it with drawn pictures
        </button>
      </div>
      <WorkLine work={work} what="Drawing the sample" />
      <section>
        <h2>Your own pictures</h2>
        <p class="soft">In a terminal, from a table with a column of file names and one of labels, or from folders named after their label:</p>
        <pre class="panel" tabIndex={0}>dermtools ingest TABLE_OR_FOLDER my-cases{"\n"}dermtools app my-cases</pre>
      </section>
    </>
  );
}
