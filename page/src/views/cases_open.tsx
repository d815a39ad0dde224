// One case: its picture, all that is known of it, its patient's other pictures, and the nearest of other patients.

import { useEffect, useState } from "preact/hooks";
import { useShared } from "../context";
import { address, follow } from "../route";
import type { Case, Neighbor } from "../types";
import { Attributes, Labels } from "../ui/card";
import { EraseDialog, RelabelDialog } from "../ui/edit_dialogs";
import { LatestEdit, useEdits } from "../ui/edits";
import { Icon } from "../ui/icons";
import { Viewer } from "../ui/viewer";
import { ErrorLine, useCall } from "../ui/work";
import type { Order } from "./cases";

interface CaseFound {
  case: Case;
  width: number;
  height: number;
  place: number | null;
  of: number;
  previous: string | null;
  next: string | null;
  group: Case[];
  group_size: number;
  nearest: Neighbor[];
  version: number;
}

interface OpenCaseProps {
  id: string;
  order: Order;
  onMove: (id: string) => void;
  onClose: () => void;
}

export function OpenCase({ id, order, onMove, onClose }: OpenCaseProps) {
  const { api, overview } = useShared();
  const version = overview.case_base!.version;
  const work = useCall<CaseFound>("case", { case: id, ...order }, version);
  const { run, busy } = useEdits();
  const [asking, setAsking] = useState<"relabel" | "erase" | null>(null);
  const found = work.result;
  const one = found?.case.case_id === id ? found.case : null;
  const to = (other: string | null | undefined) => (one && other ? () => onMove(other) : undefined);
  const leave = () => (found?.next ? onMove(found.next) : onClose());
  useEffect(() => {
    for (const near of [found?.next, found?.previous]) if (near) new Image().src = api.address(`case:${near}`, 512, version);
  }, [found]);
  return (
    <>
      <Viewer
        left={null}
        right={{ handle: `case:${id}`, title: id, alt: `Case ${id}` }}
        // Of the version that it was read from: once put away, it is in no later one.
        version={found?.version ?? version}
        place={found?.place != null ? `${(found.place + 1).toLocaleString()} of ${found.of.toLocaleString()}` : ""}
        onPrevious={to(found?.previous)}
        onNext={to(found?.next)}
        onClose={onClose}
      >
        {work.error && <ErrorLine message={work.error} />}
        <LatestEdit inside />
        {one && (
          <>
            <a class="button main" href={address("", { of: one.handle })} onClick={follow}><Icon name="search" /> Search from here</a>
            <section>
              <h3>Labels</h3>
              {Object.entries(one.labels).map(([task, labels]) => (
                <div key={task} class="labelled"><span class="soft">{task}</span><Labels labels={{ [task]: labels }} /></div>
              ))}
              <div class="line">
                <button class="button" disabled={busy} onClick={() => setAsking("relabel")}>Relabel</button>
                <button class="button" disabled={busy} onClick={() => void run("put_away", { cases: [id] }).then((done) => done && leave())}>Put away</button>
                <button class="button" disabled={busy} onClick={() => setAsking("erase")}>Erase</button>
              </div>
            </section>
            <section>
              <h3>About</h3>
              <dl class="facts-list">
                <dt>group</dt><dd>{one.group_id}</dd>
                <dt>split</dt><dd>{one.split ?? "none"}</dd>
                {found!.width > 0 && <><dt>picture</dt><dd>{found!.width} × {found!.height} pixels</dd></>}
              </dl>
              <Attributes of={one} withPrivate />
            </section>
            {found!.group_size > 1 && <Strip title={`Same patient or group (${found!.group_size})`} cases={found!.group} version={version} onMove={onMove} />}
            {found!.nearest.length > 0 && <Strip title="Nearest, of others" cases={found!.nearest} version={version} onMove={onMove} />}
          </>
        )}
      </Viewer>
      {asking === "relabel" && one && <RelabelDialog cases={[id]} of={one} onClose={() => setAsking(null)} />}
      {asking === "erase" && <EraseDialog cases={[id]} onClose={() => setAsking(null)} onDone={leave} />}
    </>
  );
}

interface StripProps {
  title: string;
  cases: (Case | Neighbor)[];
  version: number;
  onMove: (id: string) => void;
}

function Strip({ title, cases, version, onMove }: StripProps) {
  const { api } = useShared();
  return (
    <section>
      <h3>{title}</h3>
      <ul class="case-strip">
        {cases.map((one) => (
          <li key={one.case_id}>
            <button onClick={() => onMove(one.case_id)} title={"distance" in one ? `${one.case_id}, distance ${one.distance.toPrecision(4)}` : one.case_id}>
              <img src={api.address(one.handle, 192, version)} alt={`Case ${one.case_id}`} loading="lazy" decoding="async" />
              <span>{Object.values(one.labels).flat().join(", ") || "unlabelled"}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
