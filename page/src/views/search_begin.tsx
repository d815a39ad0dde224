// Before anything was asked: where pictures go, and cases to begin with.

import type { Case } from "../types";
import { address, follow } from "../route";
import { CaseCard } from "../ui/card";
import { BringButtons, type Bringing } from "../ui/bring";
import { useCall, WorkLine } from "../ui/work";

/** Where nothing is dropped nor pasted. */
const TOUCHED = matchMedia("(pointer: coarse)").matches;

export function Begin({ bringing, task }: { bringing: Bringing; task: string }) {
  const work = useCall<{ cases: Case[]; version: number }>("suggest", { task: task || null });
  const suggested = work.result;
  const where = useCall<{ receiver: string | null }>("embedded_at", {}).result;
  return (
    <>
      <div class="bring-here">
        <p class="lead">{TOUCHED ? "Show it pictures of skin" : "Drop pictures of skin here, paste one, or"}</p>
        <BringButtons bringing={bringing} main />
        <p class="soft small">
          JPEG, PNG, WebP, TIFF, HEIC or DICOM. Several pictures are taken as views of one patient.{" "}
          {where?.receiver === null && "They stay on this machine. "}
          They are forgotten when the server ends.
        </p>
      </div>
      <WorkLine work={work} what="Looking for cases to begin with" />
      {suggested && suggested.cases.length > 0 && (
        <section class="begin">
          <h2>Or begin with a case</h2>
          <div class="grid">
            {suggested.cases.map((one) => (
              <CaseCard key={one.case_id} of={one} version={suggested.version} against={{ task, labels: [], whose: "" }} href={address("", { of: one.handle })} onOpen={follow} />
            ))}
          </div>
        </section>
      )}
    </>
  );
}
