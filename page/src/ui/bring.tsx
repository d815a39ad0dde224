// Pictures that the person brings: dropped anywhere on the page, pasted, chosen, or taken with the camera.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useShared } from "../context";
import { Camera } from "./camera";
import { Icon } from "./icons";
import { ErrorLine, useCall } from "./work";

export interface Held {
  handle: string;
  name: string;
}

export interface Bringing {
  /** Reads the pictures one after another; `adding` is handed through to `onBrought`. */
  take: (pictures: Iterable<File>, adding?: boolean) => void;
  /** What is being read, in words. */
  reading: string | null;
  errors: string[];
  /** Whether something is being dragged over the page. */
  over: boolean;
}

/** What browsers cannot show comes as a file: the server decodes it. */
const ACCEPTED = "image/*,.heic,.heif,.tif,.tiff,.dcm,.dicom,application/dicom";

export function useBring(onBrought: (held: Held[], adding: boolean) => void): Bringing {
  const { api } = useShared();
  const [reading, setReading] = useState<string | null>(null);
  const [errors, setErrors] = useState<string[]>([]);
  const [over, setOver] = useState(false);
  const told = useRef(onBrought);
  told.current = onBrought;
  const take = useCallback(
    async (pictures: Iterable<File>, adding = false) => {
      const all = [...pictures];
      const held: Held[] = [];
      const failed: string[] = [];
      for (const [place, picture] of all.entries()) {
        setReading(all.length > 1 ? `Reading ${place + 1} of ${all.length}: ${picture.name}` : `Reading ${picture.name}`);
        await api.bring(picture, picture.name).then((one) => held.push(one), (error) => failed.push(error.message));
      }
      setReading(null);
      setErrors(all.length ? failed : ["That was no file. Save the picture, then drop or choose the file."]);
      if (held.length) told.current(held, adding);
    },
    [api],
  );
  useEffect(() => {
    let own = false;
    const listeners: [string, (event: any) => void][] = [
      ["dragstart", () => (own = true)],
      ["dragend", () => (own = false)],
      ["dragover", (event: DragEvent) => {
        if (own) return;
        event.preventDefault();
        setOver(true);
      }],
      ["dragleave", (event: DragEvent) => event.relatedTarget === null && setOver(false)],
      ["drop", (event: DragEvent) => {
        setOver(false);
        if (own) return;
        event.preventDefault();
        const adding = (event.target as Element).closest?.("[data-adds]");
        void take(event.dataTransfer!.files, adding !== null);
      }],
      ["paste", (event: ClipboardEvent) => {
        const { files } = event.clipboardData!;
        if (!files.length) return;
        event.preventDefault();
        void take(files);
      }],
    ];
    for (const [name, listener] of listeners) document.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of listeners) document.removeEventListener(name, listener);
    };
  }, [take]);
  return { take, reading, errors, over };
}

/** The buttons that bring pictures; with `adding` small ones, beside those that are there. */
export function BringButtons({ bringing, adding = false, main = false }: { bringing: Bringing; adding?: boolean; main?: boolean }) {
  const file = useRef<HTMLInputElement>(null);
  const [camera, setCamera] = useState(false);
  return (
    <div class="line bring" data-adds={adding || undefined}>
      <button class={main ? "button main" : "button"} onClick={() => file.current!.click()}>
        <Icon name={adding ? "add" : "picture"} /> {adding ? "Add views" : "Choose pictures"}
      </button>
      <button class="button" onClick={() => setCamera(true)} aria-label={adding ? "Add a view with the camera" : undefined}>
        <Icon name="camera" /> {!adding && "Camera"}
      </button>
      <input
        ref={file}
        type="file"
        accept={ACCEPTED}
        multiple
        hidden
        aria-label={adding ? "Further views" : "Pictures"}
        onChange={(event) => {
          bringing.take(event.currentTarget.files!, adding);
          event.currentTarget.value = "";
        }}
      />
      {camera && <Camera onClose={() => setCamera(false)} onPicture={(picture) => bringing.take([picture], adding)} />}
    </div>
  );
}

/** Who receives what is looked up, wherever pictures can be brought; nothing where they stay here. */
function Receiver() {
  const { api } = useShared();
  const { result, error } = useCall<{ receiver: string | null }>("embedded_at", api.kind === "local" ? {} : null);
  if (error) return <p class="soft small">Whether pictures would leave this machine to be looked up cannot be said: {error}</p>;
  return result?.receiver ? <p class="soft small"><b>Pictures and words that are looked up, or classified, are sent to {result.receiver}, which embeds them.</b></p> : null;
}

/** What there is to say while pictures come in: who receives them, where to drop, what is read, what could not be. */
export function BringLines({ bringing, drop = "Drop to find similar cases" }: { bringing: Bringing; drop?: string }) {
  return (
    <>
      <Receiver />
      {bringing.over && <div class="drop-over" aria-hidden="true"><span>{drop}</span></div>}
      {bringing.reading && <p class="work" role="status"><progress aria-label="Reading pictures" /> {bringing.reading}</p>}
      {bringing.errors.map((message) => <ErrorLine key={message} message={message} />)}
    </>
  );
}
